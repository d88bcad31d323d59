# attack: hide memory in anonymous files
# expect: out_of_memory
# timeout: 30
import os

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        kept = []
        while True:
            fd = os.memfd_create("x")
            os.write(fd, b"x" * (16 << 20))
            kept.append(fd)
