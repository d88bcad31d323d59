# attack: write anywhere but the scratch space
# expect: succeeded
# output: []
import os

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        written = []
        for folder, _, _ in os.walk("/"):
            if folder.startswith(("/tmp", "/dev/shm", "/proc")):
                continue
            try:
                open(f"{folder}/x", "w").close()
                written.append(folder)
            except OSError:
                pass
        return written
