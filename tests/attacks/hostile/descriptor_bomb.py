# attack: open files until the kernel has no more
# expect: model_error
# message: Too many open files
import os

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        kept = []
        while len(kept) < 1_000_000:
            kept.append(os.open("/dev/null", os.O_RDONLY))
