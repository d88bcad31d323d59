# input: {"steps": 3, "seed": 1}
import io
import math
from typing import Generator, Iterator

import torch
from torch import nn
from PIL import Image


def cosine_beta_schedule(timesteps, s=0.008):
    x = torch.linspace(0, timesteps, timesteps + 1, dtype=torch.float64)
    alphas_cumprod = torch.cos(((x / timesteps) + s) / (1 + s) * math.pi * 0.5) ** 2
    alphas_cumprod = alphas_cumprod / alphas_cumprod[0]
    return torch.clip(1 - (alphas_cumprod[1:] / alphas_cumprod[:-1]), 0, 0.999)


def extract(a, t, x_shape):
    b, *_ = t.shape
    return a.gather(-1, t).reshape(b, *((1,) * (len(x_shape) - 1)))


def exists(x):
    return x is not None


def default(val, d):
    if exists(val):
        return val
    return d() if callable(d) else d


class Diffusion(nn.Module):
    def __init__(self, image_size=8, channels=1, timesteps=10):
        super().__init__()
        self.image_size, self.channels, self.num_timesteps = image_size, channels, timesteps
        self.time = nn.Sequential(nn.Linear(1, 16), nn.SiLU(), nn.Linear(16, 8))
        self.inp, self.out = nn.Conv2d(channels, 8, 3, padding=1), nn.Conv2d(8, channels, 3, padding=1)
        betas = cosine_beta_schedule(timesteps)
        alphas = 1.0 - betas
        cumprod = torch.cumprod(alphas, dim=0)
        register_buffer = lambda name, val: self.register_buffer(name, val.to(torch.float32))
        register_buffer("betas", betas)
        register_buffer("sqrt_recip_alphas", torch.sqrt(1.0 / alphas))
        register_buffer("sqrt_one_minus_alphas_cumprod", torch.sqrt(1.0 - cumprod))
        register_buffer("posterior_variance", betas * (1.0 - nn.functional.pad(cumprod[:-1], (1, 0), value=1.0)) / (1.0 - cumprod))

    def forward(self, x, t):
        h = self.inp(x) + self.time(t[:, None].float() / self.num_timesteps)[..., None, None]
        return self.out(torch.relu(h))

    @torch.no_grad()
    def p_sample(self, x, t, noise=None):
        noise = default(noise, lambda: torch.randn_like(x))
        mean = extract(self.sqrt_recip_alphas, t, x.shape) * (x - extract(self.betas, t, x.shape) * self(x, t) / extract(self.sqrt_one_minus_alphas_cumprod, t, x.shape))
        if t[0] == 0:
            return mean
        return mean + torch.sqrt(extract(self.posterior_variance, t, x.shape)) * noise

    def loop(self, x, steps) -> Iterator[torch.Tensor]:
        for i in reversed(range(0, steps)):
            x = self.p_sample(x, torch.full((x.shape[0],), i, dtype=torch.long))
            yield x

    def predict_single(self, x):
        generator = torch.Generator().manual_seed(x.get("seed", 0))
        start = torch.randn((1, self.channels, self.image_size, self.image_size), generator=generator)
        *_, last = self.loop(start, min(x["steps"], self.num_timesteps))
        pixels = ((last[0, 0].clamp(-1, 1) + 1) * 127.5).byte().numpy()
        buffer = io.BytesIO()
        Image.fromarray(pixels, mode="L").save(buffer, format="PNG")
        return buffer.getvalue()
