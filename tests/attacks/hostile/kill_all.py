# attack: kill everything there is
# expect: crashed
# signal: 9
import os

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        try:
            os.kill(-1, 9)
        except OSError:  # nobody but pid 1, which is spared
            pass
        os.kill(os.getpid(), 9)
