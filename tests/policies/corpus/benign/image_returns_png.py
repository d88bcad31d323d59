# input: png(8, 8)
from io import BytesIO

import torch
from PIL import Image, ImageFilter, ImageOps
from torch import nn


class Sharpen(nn.Module):
    """Bytes in, bytes out."""

    def __init__(self, radius=1):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(1))
        self.radius = radius

    def predict_single(self, x):
        buf = BytesIO(x)
        img = Image.open(buf)
        img = ImageOps.exif_transpose(img).convert("RGB")
        img = img.filter(ImageFilter.GaussianBlur(self.radius))
        out = BytesIO()
        img.save(out, format="PNG")
        return out.getvalue()
