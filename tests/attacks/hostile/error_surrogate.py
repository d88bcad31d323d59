# attack: an error whose text is no Unicode, so that its frame can't be decoded
# expect: model_error
# message: \ud800
import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        raise ValueError("\ud800" * 10_000)
