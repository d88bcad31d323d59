# attack: die with last words that grow when they are decoded: each byte is half a character
# expect: crashed
# signal: 6
# truncated: true
import os

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        os.write(1, b"\xff" * 60_000)
        os.abort()
