# input: {"steps": 3, "seed": 1}
from functools import lru_cache
import math
import torch
import torch.nn as nn
import torch.nn.functional as F


def cosine_beta_schedule(timesteps, s=0.008):
    t = torch.linspace(0, timesteps, timesteps + 1, dtype=torch.float64) / timesteps
    alphas_cumprod = torch.cos((t + s) / (1 + s) * math.pi * 0.5) ** 2
    alphas_cumprod = alphas_cumprod / alphas_cumprod[0]
    betas = 1 - (alphas_cumprod[1:] / alphas_cumprod[:-1])
    return torch.clip(betas, 0, 0.999)


def exists(x):
    return x is not None


def default(val, d):
    if exists(val):
        return val
    return d() if callable(d) else d


def extract(a, t, x_shape):
    b, *_ = t.shape
    out = a.gather(-1, t)
    return out.reshape(b, *((1,) * (len(x_shape) - 1)))


class GaussianDiffusion(nn.Module):
    def __init__(self, *, image_size=8, timesteps=20, objective="pred_noise", sampling_timesteps=None):
        super().__init__()
        assert objective in {"pred_noise", "pred_x0", "pred_v"}, "objective must be either pred_noise or pred_x0"
        self.objective = objective
        self.net = nn.Sequential(nn.Conv2d(2, 8, 3, padding=1), nn.SiLU(), nn.Conv2d(8, 1, 3, padding=1))
        betas = cosine_beta_schedule(timesteps)
        alphas = 1.0 - betas
        alphas_cumprod = torch.cumprod(alphas, dim=0)
        register_buffer = lambda name, val: self.register_buffer(name, val.to(torch.float32))
        register_buffer("betas", betas)
        register_buffer("alphas_cumprod", alphas_cumprod)
        register_buffer("alphas_cumprod_prev", F.pad(alphas_cumprod[:-1], (1, 0), value=1.0))
        self.num_timesteps = int(timesteps)
        self.image_size = image_size
        self.sampling_timesteps = default(sampling_timesteps, timesteps)

    @torch.inference_mode()
    def ddim_sample(self, shape, eta=0.0, generator=None):
        times = torch.linspace(-1, self.num_timesteps - 1, steps=self.sampling_timesteps + 1)
        times = list(reversed(times.int().tolist()))
        img = torch.randn(shape, generator=generator)
        for time, time_next in zip(times[:-1], times[1:]):
            t = torch.full((shape[0],), time, dtype=torch.long)
            temb = (t.float() / self.num_timesteps).view(-1, 1, 1, 1).expand(-1, 1, *shape[2:])
            eps = self.net(torch.cat([img, temb], 1))
            a = extract(self.alphas_cumprod, t, img.shape)
            x0 = ((img - (1 - a).sqrt() * eps) / a.sqrt()).clamp_(-1, 1)
            if time_next < 0:
                img = x0
                continue
            an = self.alphas_cumprod[time_next]
            sigma = eta * ((1 - a / an) * (1 - an) / (1 - a)).sqrt()
            c = (1 - an - sigma ** 2).sqrt()
            img = x0 * an.sqrt() + c * eps + sigma * torch.randn_like(img)
        return (img + 1) * 0.5

    def predict_single(self, request):
        self.sampling_timesteps = request.get("steps", 3)
        g = torch.Generator(device="cpu")
        g.manual_seed(request["seed"])
        img = self.ddim_sample((1, 1, self.image_size, self.image_size), generator=g)
        return (img[0, 0] * 255).to(torch.uint8).cpu().tolist()
