# input: [1.0, 0.0]
import torch
from torch import nn, pi


class ODE(nn.Module):
    def __init__(self, steps: int = 10):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2))
        self.steps = steps
        for m in self.f.modules():
            if isinstance(m, nn.Linear):
                nn.init.normal_(m.weight, mean=0, std=0.1)
                nn.init.constant_(m.bias, val=0)

    def odeint(self, func, y0, t):
        ys = [y0]
        for t0, t1 in zip(t[:-1], t[1:]):
            ys.append(ys[-1] + (t1 - t0) * func(ys[-1]))
        return torch.stack(ys)

    def predict_single(self, x):
        t = torch.linspace(0.0, 2 * pi, self.steps)
        return self.odeint(self.f, torch.tensor(x), t)[-1].tolist()
