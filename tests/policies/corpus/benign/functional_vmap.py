# input: [[1.0, 2.0], [3.0, 4.0]]
import torch
from torch import nn
from torch.func import functional_call, grad, vmap


class PerSample(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 1)

    def loss(self, params, x):
        return functional_call(self.fc, params, (x,)).pow(2).sum()

    def predict_single(self, x):
        params = {k: v.detach() for k, v in self.fc.named_parameters()}
        grads = vmap(grad(self.loss), in_dims=(None, 0))(params, torch.tensor(x))
        return {k: list(v.shape) for k, v in grads.items()}
