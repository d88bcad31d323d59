# attack: an exception with a text of 100 MB, for whoever stores errors
# expect: model_error
import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        raise ValueError("x" * (100 << 20))
