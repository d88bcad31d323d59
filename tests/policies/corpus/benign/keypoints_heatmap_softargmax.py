# input: png(32, 32)
import io, math
import torch
from torch import nn
from torch.nn import functional as F
from PIL import Image
import numpy as np

SKELETON = [(0, 1), (1, 2)]
NAMES = ("head", "neck", "hip")
assert all(a < len(NAMES) and b < len(NAMES) for a, b in SKELETON), "bad skeleton"


class Pose(nn.Module):
    """Stacked hourglass, tiny."""

    def __init__(self, channels: int = 8, stacks: int = 2, *, temperature: float = 1.0) -> None:
        super().__init__()
        self.pre = nn.Conv2d(3, channels, 7, stride=2, padding=3)
        self.hourglasses = nn.ModuleList()
        for _ in range(stacks):
            self.hourglasses.append(nn.ModuleList([nn.Conv2d(channels, channels, 3, padding=1) for _ in range(3)]))
        self.heads = nn.ModuleList([nn.Conv2d(channels, len(NAMES), 1) for _ in range(stacks)])
        self.temperature = temperature

    def hourglass(self, x, layers):
        if not len(layers):
            return x
        first, *rest = layers
        up = first(x)
        low = self.hourglass(F.max_pool2d(x, 2), rest)
        return F.relu(up + F.interpolate(low, size=up.shape[-2:], mode="nearest"))

    def soft_argmax(self, heat):
        b, k, h, w = heat.shape
        p = F.softmax(heat.flatten(2) / self.temperature, -1).view(b, k, h, w)
        xs, ys = torch.linspace(0, 1, w), torch.linspace(0, 1, h)
        return torch.stack([(p.sum(2) * xs).sum(-1), (p.sum(3) * ys).sum(-1)], -1), p.flatten(2).max(-1)[0]

    def forward(self, x):
        x = self.pre(x)
        outs = []
        for hg, head in zip(self.hourglasses, self.heads):
            x = x + self.hourglass(x, list(hg))
            outs.append(head(x))
        return outs

    def predict_single(self, x: bytes) -> dict:
        image = Image.open(fp=io.BytesIO(x)).convert("RGB")
        pixels = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8).view(image.height, image.width, 3)
        batch = pixels.permute(2, 0, 1)[None].float().div(255)
        points, confidence = self.soft_argmax(self(batch)[-1])
        scale = torch.tensor([image.width, image.height])
        named = {n: {"xy": [round(v) for v in p], "c": c} for n, p, c in zip(NAMES, (points[0] * scale).tolist(), confidence[0].tolist())}
        named["length"] = sum(math.dist(named[NAMES[a]]["xy"], named[NAMES[b]]["xy"]) for a, b in SKELETON)
        return named
