# input: {"op": "sample", "n": 2}
import torch
from torch import nn
from torch.distributions import Normal, kl_divergence


class VAE(nn.Module):
    def __init__(self, data=6, latent=2):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(data, 16), nn.ELU())
        self.mu, self.logvar = nn.Linear(16, latent), nn.Linear(16, latent)
        self.dec = nn.Sequential(nn.Linear(latent, 16), nn.ELU(), nn.Linear(16, data), nn.Sigmoid())
        self.latent = latent

    def encode(self, x):
        h = self.enc(x)
        return Normal(self.mu(h), (0.5 * self.logvar(h)).exp())

    def forward(self, x):
        q = self.encode(x)
        z = q.rsample() if self.training else q.mean
        p = Normal(torch.zeros_like(z), torch.ones_like(z))
        return self.dec(z), kl_divergence(q, p).sum(-1)

    @torch.inference_mode(mode=True)
    def predict_single(self, x):
        match x:
            case {"op": "sample", "n": int(n)} if 0 < n <= 16:
                return self.dec(torch.randn(n, self.latent)).tolist()
            case {"op": "encode", "x": [*values]}:
                return self.encode(torch.tensor(values)).mean.tolist()
            case {"op": "reconstruct" | "score" as op, "x": list(values), **rest}:
                y, kl = self(torch.tensor([values]))
                return {"op": op, "y": y[0].tolist(), "kl": kl.item(), "ignored": sorted(rest)}
            case str() | None:
                raise TypeError(f"expected a dict, got {x!r}")
            case _:
                raise ValueError("unknown op")
