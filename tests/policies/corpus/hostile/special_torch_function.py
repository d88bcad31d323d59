# refused: CL506
# inert: it changes what tensors do
from torch import nn


class Net(nn.Module):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return func

    def predict_single(self, x):
        return 0
