# input: 1
from torch.nn import Linear, Module, Parameter
from torch.nn.functional import relu
from torch.nn.init import xavier_uniform_
from torch import tensor as T, no_grad


class Net(Module):
    def __init__(self):
        Module.__init__(self)
        self.l = Linear(1, 2)
        self.p = Parameter(T([1.0, 2.0]))
        xavier_uniform_(self.l.weight)

    def predict_single(self, x):
        with no_grad():
            return relu(self.l(T([float(x)])) + self.p).tolist()
