# attack: find a program that makes its caller root
# expect: succeeded
# output: []
import os

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        found = []
        for folder, _, names in os.walk("/"):
            if folder.startswith(("/proc", "/sys")):
                continue
            for name in names:
                try:
                    if os.lstat(f"{folder}/{name}").st_mode & 0o6000:
                        found.append(name)
                except OSError:
                    pass
        return found
