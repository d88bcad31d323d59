# attack: hide memory in anonymous files
# expect: model_error
# message: PermissionError
import os

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        kept = []
        while True:
            fd = os.memfd_create("x")
            os.write(fd, b"x" * (16 << 20))
            kept.append(fd)
