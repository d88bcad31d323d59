# attack: a chain of thousands of causes
# expect: model_error
import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        error = ValueError(0)
        for number in range(1, 5000):
            following = ValueError(number)
            following.__cause__ = error
            error = following
        raise error
