# attack: read what another call printed
# expect: succeeded
# output: null
import os

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        for fd in (1, 2):
            try:
                return os.read(fd, 1 << 16).decode()
            except OSError:
                pass
