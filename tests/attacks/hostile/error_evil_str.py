# attack: an exception whose text can't be read
# expect: model_error
# message: can't be read
import torch


class Evil(Exception):
    def __str__(self):
        raise RuntimeError("no")


class Model(torch.nn.Module):
    def predict_single(self, x):
        raise Evil
