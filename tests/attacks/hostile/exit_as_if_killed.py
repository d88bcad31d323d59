# attack: end with the exit code of somebody the host killed, to be run again at the platform's expense
# expect: crashed
# message: exit code 137
import os

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        os._exit(137)
