# attack: replace the runner's JSON encoder by one that writes what is no JSON
# expect: protocol_violation
# message: not JSON
import sys

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        sys.modules["sandbox.runner.answer"]._encoder = lambda: lambda value, indent: ("{not json",)
        return 1
