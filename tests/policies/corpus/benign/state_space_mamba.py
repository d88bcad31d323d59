# input: [3, 1, 4, 1, 5, 9, 2, 6]
from __future__ import annotations
import math
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import einsum


class Mamba(nn.Module):
    def __init__(self, vocab=10, d_model=16, d_state=4, d_conv=3, expand=2, dt_rank="auto", n_layer=2):
        super().__init__()
        self.d_inner = expand * d_model
        self.d_state = d_state
        self.dt_rank = math.ceil(d_model / 16) if dt_rank == "auto" else dt_rank
        self.embedding = nn.Embedding(vocab, d_model)
        self.layers = nn.ModuleList([self.make_layer(d_model, d_conv) for _ in range(n_layer)])
        A = torch.arange(1, d_state + 1, dtype=torch.float32).repeat(self.d_inner, 1)
        self.A_logs = nn.ParameterList([nn.Parameter(torch.log(A)) for _ in range(n_layer)])
        self.Ds = nn.ParameterList([nn.Parameter(torch.ones(self.d_inner)) for _ in range(n_layer)])
        self.norm_f = nn.RMSNorm(d_model)
        self.lm_head = nn.Linear(d_model, vocab, bias=False)
        self.lm_head.weight = self.embedding.weight

    def make_layer(self, d_model: int, d_conv: int) -> nn.ModuleDict:
        return nn.ModuleDict(
            dict(
                norm=nn.RMSNorm(d_model),
                in_proj=nn.Linear(d_model, self.d_inner * 2, bias=False),
                conv1d=nn.Conv1d(self.d_inner, self.d_inner, d_conv, groups=self.d_inner, padding=d_conv - 1),
                x_proj=nn.Linear(self.d_inner, self.dt_rank + self.d_state * 2, bias=False),
                dt_proj=nn.Linear(self.dt_rank, self.d_inner),
                out_proj=nn.Linear(self.d_inner, d_model, bias=False),
            )
        )

    def selective_scan(self, u, delta, A, B, C, D):
        (b, l, d_in), n = u.shape, A.shape[1]
        deltaA = torch.exp(einsum("b l d, d n -> b l d n", delta, A))
        deltaB_u = einsum("b l d, b l n, b l d -> b l d n", delta, B, u)
        x = torch.zeros((b, d_in, n), device=deltaA.device)
        ys = []
        for i in range(l):
            x = deltaA[:, i] * x + deltaB_u[:, i]
            ys.append(einsum("b d n, b n -> b d", x, C[:, i, :]))
        return torch.stack(ys, dim=1) + u * D

    def forward(self, ids):
        h = self.embedding(ids)
        for m, A_log, D in zip(self.layers, self.A_logs, self.Ds):
            x, res = m.in_proj(m.norm(h)).split([self.d_inner, self.d_inner], dim=-1)
            x = F.silu(m.conv1d(x.mT)[:, :, : ids.shape[1]].mT)
            delta, B, C = m.x_proj(x).split([self.dt_rank, self.d_state, self.d_state], dim=-1)
            y = self.selective_scan(x, F.softplus(m.dt_proj(delta)), -torch.exp(A_log.float()), B, C, D.float())
            h = h + m.out_proj(y * F.silu(res))
        return self.lm_head(self.norm_f(h))

    @torch.no_grad()
    def predict_single(self, x):
        return self(torch.tensor([x]))[0, -1].topk(3).indices.tolist()
