# input: [0.1, 0.2, 0.3, 0.4]
import cmath
from typing import Optional
import torch
import torch.nn as nn
import torch.nn.functional as F


_c2r = torch.view_as_real
_r2c = torch.view_as_complex


class S4D(nn.Module):
    def __init__(self, h: int = 2, n: int = 8, dt_min: float = 0.001, dt_max: float = 0.1, lr: Optional[float] = None):
        super().__init__()
        log_dt = torch.rand(h) * (cmath.log(dt_max).real - cmath.log(dt_min).real) + cmath.log(dt_min).real
        C = torch.randn(h, n // 2, dtype=torch.cfloat)
        self.C = nn.Parameter(_c2r(C))
        self.register("log_dt", log_dt, lr)
        self.register("log_A_real", torch.log(0.5 * torch.ones(h, n // 2)), lr)
        self.register("A_imag", torch.pi * torch.arange(n // 2).repeat(h, 1).float(), lr)
        self.D = nn.Parameter(torch.randn(h))

    def register(self, name, tensor, lr=None):
        """Register a tensor with a configurable learning rate and 0 weight decay"""
        if lr == 0.0:
            self.register_buffer(name, tensor)
        else:
            weight = nn.Parameter(tensor)
            self.register_parameter(name, weight)
            optim = {"weight_decay": 0.0}
            if lr is not None:
                optim["lr"] = lr
            weight._optim = optim

    def kernel(self, L):
        dt = torch.exp(self.log_dt)
        C = _r2c(self.C)
        A = -torch.exp(self.log_A_real) + 1j * self.A_imag
        dtA = A * dt.unsqueeze(-1)
        K = dtA.unsqueeze(-1) * torch.arange(L, device=A.device)
        C = C * (torch.exp(dtA) - 1.0) / A
        return 2 * torch.einsum("hn, hnl -> hl", C, torch.exp(K)).real

    def forward(self, u):
        L = u.size(-1)
        k = self.kernel(L)
        y = torch.fft.irfft(torch.fft.rfft(u, n=2 * L) * torch.fft.rfft(k, n=2 * L), n=2 * L)[..., :L]
        return F.gelu(y + u * self.D.unsqueeze(-1))

    def predict_single(self, x):
        return self(torch.tensor(x).expand(1, 2, -1)).squeeze(0).tolist()
