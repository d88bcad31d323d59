# attack: read address 0
# expect: crashed
# signal: 11
import ctypes

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        return ctypes.string_at(0)
