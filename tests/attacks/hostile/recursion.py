# attack: recurse for ever
# expect: model_error
# message: RecursionError
import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        return self.predict_single(x)
