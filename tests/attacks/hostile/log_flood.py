# attack: reach the engine's log through pid 1's descriptors and fill the disk
# expect: ["timed_out", "model_error"]
# timeout: 1
import os

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        fd = os.open("/proc/1/fd/1", os.O_WRONLY)
        while True:
            os.write(fd, b"x" * 65536)
