# attack: raise the limit of what is kept of printed text, where the runner keeps it
# expect: protocol_violation
# message: printed more
import sys

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        sys.stdout._limit = 1 << 40
        print("x" * 200_000)
        return 1
