# input: torch.zeros(1, 28, 28).tolist()
import torch
import torch.nn as nn
import torch.nn.functional as F


def squash(x, dim=-1):
    squared_norm = (x**2).sum(dim=dim, keepdim=True)
    scale = squared_norm / (1 + squared_norm)
    return scale * x / (squared_norm.sqrt() + 1e-8)


class CapsNet(nn.Module):
    def __init__(self, in_caps=32, out_caps=10):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 9)
        self.capsule = nn.Conv2d(16, 32, 9, stride=2)
        self.W = nn.Parameter(1e-3 * torch.randn(1, out_caps, 144, 4, 8))
        self.routing = 2

    def forward(self, x):
        u = squash(self.capsule(F.relu(self.conv(x))).view(x.size(0), -1, 8)[:, :144])
        u_hat = torch.matmul(self.W, u[:, None, :, :, None]).squeeze(-1)
        b = x.new_zeros(x.size(0), self.W.size(1), 144, 1)
        for it in range(self.routing):
            c = b.softmax(dim=1)
            v = squash((c * u_hat).sum(dim=2))
            b += (u_hat * v.unsqueeze(2)).sum(-1, keepdim=True)
        return v.norm(dim=-1)

    def predict_single(self, x):
        return self(torch.tensor(x)[None]).argmax(-1).item()
