# attack: an exception of a class that raises whenever somebody asks what it is
# expect: model_error
import torch


class Meta(type):
    @property
    def __name__(cls):
        raise SystemExit

    def __instancecheck__(cls, value):
        raise SystemExit


class Evil(Exception, metaclass=Meta):
    @property
    def __class__(self):
        raise SystemExit


class Model(torch.nn.Module):
    def predict_single(self, x):
        raise Evil("text")
