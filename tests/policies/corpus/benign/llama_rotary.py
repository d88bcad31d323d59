# input: [5, 6, 7]
import math
from typing import Optional, Tuple

import torch
import torch.nn.functional as F
from torch import nn


def precompute_freqs_cis(dim: int, end: int, theta: float = 10000.0):
    freqs = 1.0 / (theta ** (torch.arange(0, dim, 2)[: (dim // 2)].float() / dim))
    t = torch.arange(end, device=freqs.device)
    freqs = torch.outer(t, freqs).float()
    return torch.polar(torch.ones_like(freqs), freqs)


def reshape_for_broadcast(freqs_cis: torch.Tensor, x: torch.Tensor):
    ndim = x.ndim
    assert 0 <= 1 < ndim
    assert freqs_cis.shape == (x.shape[1], x.shape[-1])
    shape = [d if i == 1 or i == ndim - 1 else 1 for i, d in enumerate(x.shape)]
    return freqs_cis.view(*shape)


def apply_rotary_emb(xq: torch.Tensor, xk: torch.Tensor, freqs_cis: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
    xq_ = torch.view_as_complex(xq.float().reshape(*xq.shape[:-1], -1, 2))
    xk_ = torch.view_as_complex(xk.float().reshape(*xk.shape[:-1], -1, 2))
    freqs_cis = reshape_for_broadcast(freqs_cis, xq_)
    xq_out = torch.view_as_real(xq_ * freqs_cis).flatten(3)
    xk_out = torch.view_as_real(xk_ * freqs_cis).flatten(3)
    return xq_out.type_as(xq), xk_out.type_as(xk)


class Llama(nn.Module):
    def __init__(self, dim: int = 16, n_heads: int = 2, vocab: int = 20, norm_eps: float = 1e-5):
        super().__init__()
        self.n_heads, self.head_dim = n_heads, dim // n_heads
        self.tok = nn.Embedding(vocab, dim)
        self.weight = nn.Parameter(torch.ones(dim))
        self.eps = norm_eps
        for name in ("wq", "wk", "wv", "wo"):
            setattr(self, name, nn.Linear(dim, dim, bias=False))
        self.w1, self.w2, self.w3 = (nn.Linear(dim, dim, bias=False) for _ in range(3))
        self.register_buffer("freqs_cis", precompute_freqs_cis(self.head_dim, 32), persistent=False)
        self.cache_k: Optional[torch.Tensor] = None

    def _norm(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps)

    def norm(self, x):
        output = self._norm(x.float()).type_as(x)
        return output * self.weight

    def forward(self, tokens: torch.Tensor, start_pos: int = 0):
        bsz, seqlen = tokens.shape
        x = self.tok(tokens)
        h = self.norm(x)
        xq, xk, xv = (getattr(self, n)(h).view(bsz, seqlen, self.n_heads, self.head_dim) for n in ("wq", "wk", "wv"))
        xq, xk = apply_rotary_emb(xq, xk, freqs_cis=self.freqs_cis[start_pos : start_pos + seqlen])
        self.cache_k = xk.detach()
        scores = torch.einsum("bqhd,bkhd->bhqk", xq, xk) / math.sqrt(self.head_dim)
        mask = torch.full((seqlen, seqlen), float("-inf")).triu_(diagonal=1)
        scores = F.softmax(scores.float() + mask, dim=-1).type_as(xq)
        x = x + self.wo(torch.einsum("bhqk,bkhd->bqhd", scores, xv).reshape(bsz, seqlen, -1))
        x = x + self.w2(F.silu(self.w1(x)) * self.w3(x))
        return x @ self.tok.weight.t()

    def predict_single(self, x):
        return int(self(torch.tensor([x]))[0, -1].argmax())
