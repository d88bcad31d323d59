# input: png(6, 6)
import io

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from PIL import Image, ImageDraw

PALETTE = [(0, 0, 0), (255, 0, 0), (0, 255, 0)]


class Seg(nn.Module):
    mean = (0.485, 0.456, 0.406)
    std = (0.229, 0.224, 0.225)

    def __init__(self):
        super().__init__()
        self.head = nn.Conv2d(3, len(PALETTE), 1)

    def predict_single(self, x):
        with Image.open(io.BytesIO(x)) as im:
            im = im.convert("RGB")
            w, h = im.size
            arr = np.asarray(im).transpose(2, 0, 1)[None].astype("f4") / 255.0
        t = torch.from_numpy(arr.copy())
        t = (t - torch.tensor(self.mean).view(1, 3, 1, 1)) / torch.tensor(self.std).view(1, 3, 1, 1)
        logits = F.interpolate(self.head(t), size=(h, w), mode="bilinear", align_corners=False)
        mask = logits.argmax(1)[0].to(torch.uint8).numpy()
        rgb = np.array(PALETTE, dtype=np.uint8)[mask]
        out = Image.fromarray(rgb)
        ImageDraw.Draw(out).rectangle([0, 0, w - 1, h - 1], outline=(255, 255, 255))
        with io.BytesIO() as buffer:
            out.save(buffer, format="JPEG", quality=90)
            return buffer.getvalue()
