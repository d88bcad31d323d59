# input: [[0.1, 0.2], [0.3, 0.4]]
import copy
import torch
from torch import nn
from torch.func import functional_call, stack_module_state, vmap


def mlp(sizes, act=nn.ReLU, out=None):
    layers = [m for a, b in zip(sizes[:-1], sizes[1:]) for m in (nn.Linear(a, b), act())][:-1]
    return nn.Sequential(*layers, *([out()] if out else []))


class Ensemble(nn.Module):
    def __init__(self, n=3):
        super().__init__()
        self.members = nn.ModuleList(mlp((2, 8, 1)) for _ in range(n))
        self.shadow = copy.deepcopy(self.members[0])
        for p in self.shadow.parameters():
            p.detach_()

    def __len__(self):
        return len(self.members)

    def __iter__(self):
        return iter(self.members)

    def __getitem__(self, i):
        return self.members[i]

    @torch.no_grad()
    def update(self, decay=0.9):
        for a, b in zip(self.shadow.parameters(), self[0].parameters()):
            a.lerp_(b, 1 - decay)

    def forward(self, x):
        params, buffers = stack_module_state(list(self))
        base = copy.deepcopy(self[0])
        return vmap(lambda p, b, data: functional_call(base, (p, b), (data,)), in_dims=(0, 0, None))(params, buffers, x)

    def predict_single(self, x):
        self.update()
        out = self(torch.tensor(x))
        mean, std = out.mean(0), out.std(0, correction=0)
        return {"mean": mean.flatten().tolist(), "std": std.flatten().tolist(), "n": len(self)}
