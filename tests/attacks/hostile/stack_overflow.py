# attack: overflow the C stack
# expect: crashed
# signal: 11
import sys

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        sys.setrecursionlimit(1 << 30)

        class Deep:
            def __getattr__(self, name):
                return getattr(self, name + "x"[:0])

        return Deep().x
