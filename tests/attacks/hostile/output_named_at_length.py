# attack: a value whose class has a name of 2 MB, for whoever says what was returned
# expect: output_not_serialisable
# message: which is not JSON
import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        return type("x" * (2 << 20), (), {})()
