# attack: the same under Python's streams
# expect: timed_out
# timeout: 1
import os

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        while True:
            try:
                os.write(1, b"x" * 4096)
            except OSError:
                pass
