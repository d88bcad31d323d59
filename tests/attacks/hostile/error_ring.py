# attack: exceptions that cause each other
# expect: model_error
import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        first, second = ValueError("a"), ValueError("b")
        first.__cause__, second.__cause__ = second, first
        raise first
