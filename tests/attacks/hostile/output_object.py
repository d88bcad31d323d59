# attack: return an object that runs code when it is unpickled
# expect: output_not_serialisable
# message: not JSON
import os

import torch


class Evil:
    def __reduce__(self):
        return os.system, ("id",)


class Model(torch.nn.Module):
    def predict_single(self, x):
        return [Evil()]
