# input: png(8, 8)
import io

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from PIL import Image


class DigitNet(nn.Module):
    MEAN, STD = 0.3, 0.35

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3, padding=1)
        self.fc = nn.Linear(8 * 8 * 8, 10)

    def forward(self, x):
        return self.fc(F.relu(self.conv(x)).flatten(1))

    def preprocess(self, data: bytes) -> torch.Tensor:
        image = Image.open(io.BytesIO(data)).convert("L").resize((8, 8), Image.BILINEAR)
        array = np.asarray(image, dtype=np.float32) / 255.0
        return torch.from_numpy((array - self.MEAN) / self.STD)[None, None]

    @torch.inference_mode()
    def predict_single(self, x):
        probabilities = F.softmax(self(self.preprocess(x)), dim=1)[0]
        top = torch.topk(probabilities, k=3)
        return [{"digit": int(i), "p": round(float(p), 4)} for p, i in zip(top.values, top.indices)]
