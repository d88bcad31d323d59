# attack: find files of the host or of another tenant
# expect: succeeded
# output: []
import os

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        found = []
        for folder, _, names in os.walk("/"):
            if folder.startswith(("/proc", "/sys", "/opt/cloche/site")):
                continue
            found += [name for name in names if name.endswith((".safetensors", ".sqlite3", "model.py", ".aof"))]
        return found
