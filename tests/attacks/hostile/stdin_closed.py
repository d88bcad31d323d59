# attack: take the runner's streams away
# expect: succeeded
# output: 1
import os
import sys

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        sys.stdout = sys.stderr = None
        for fd in (0, 1, 2):
            os.close(fd)
        return 1
