# attack: an exception whose text is text of a kind of its own
# expect: model_error
# message: Evil: text
import torch


class Text(str):
    def __bool__(self):
        raise SystemExit

    def __format__(self, how):
        raise SystemExit

    def __getitem__(self, which):
        return self


class Evil(Exception):
    def __str__(self):
        return Text("text")


class Model(torch.nn.Module):
    def predict_single(self, x):
        raise Evil
