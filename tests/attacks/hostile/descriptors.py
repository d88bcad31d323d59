# attack: find a descriptor of the host that leaked in
# expect: succeeded
# output: []
import os

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        odd = []
        for name in os.listdir("/proc/self/fd"):
            try:
                target = os.readlink(f"/proc/self/fd/{name}")
            except OSError:
                continue
            if not target.startswith(("socket:", "pipe:", "/dev/null", "/dev/urandom", "/proc/")):
                odd.append(target)
        return odd
