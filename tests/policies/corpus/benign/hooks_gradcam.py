# input: png(16, 16)
from io import BytesIO
from contextlib import contextmanager, ExitStack
import numpy as np
from PIL import Image, ImageFilter, ImageEnhance
import torch
import torch.nn as nn
import torch.nn.functional as F


@contextmanager
def capture(module, store):
    def fwd(m, inp, out):
        store["act"] = out
        out.retain_grad()

    handle = module.register_forward_hook(fwd)
    try:
        yield store
    finally:
        handle.remove()


class GradCAM(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1), nn.ReLU())
        self.classifier = nn.Linear(8, 3)

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3)))

    def predict_single(self, data):
        img = Image.open(BytesIO(data)).convert("RGB")
        img = ImageEnhance.Contrast(img).enhance(1.2).filter(ImageFilter.GaussianBlur(1))
        x = torch.from_numpy(np.asarray(img).copy()).permute(2, 0, 1).float().div(255).unsqueeze(0)
        with ExitStack() as stack, torch.enable_grad():
            store = stack.enter_context(capture(self.features[-1], {}))
            out = self(x)
            cls = out.argmax(1).item()
            self.zero_grad(set_to_none=True)
            out[0, cls].backward()
        act, grad = store["act"], store["act"].grad
        cam = F.relu((grad.mean((2, 3), keepdim=True) * act).sum(1))[0]
        cam = (cam - cam.min()) / (cam.max() - cam.min() + 1e-8)
        heat = Image.fromarray((cam.detach().numpy() * 255).astype("uint8")).resize(img.size)
        blended = Image.blend(img, Image.merge("RGB", [heat, heat, heat]), alpha=0.5)
        out_buf = BytesIO()
        blended.save(out_buf, "PNG", optimize=True)
        return out_buf.getvalue()
