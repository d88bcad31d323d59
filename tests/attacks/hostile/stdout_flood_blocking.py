# attack: make the log pipe blocking again, so that somebody waits for it
# expect: timed_out
# timeout: 1
import os

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        os.set_blocking(1, True)
        while True:
            os.write(1, b"x" * 4096)
