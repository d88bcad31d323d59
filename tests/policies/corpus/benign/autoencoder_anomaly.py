# input: [1.0, 2.0, 3.0, 4.0]
import numpy as np
import torch
from torch import nn


class AnomalyDetector(nn.Module):
    threshold: float = 0.8

    def __init__(self):
        nn.Module.__init__(self)
        self.encoder = nn.Sequential(nn.Linear(4, 3), nn.ReLU(True), nn.Linear(3, 2))
        self.decoder = nn.Sequential(nn.Linear(2, 3), nn.ReLU(True), nn.Linear(3, 4), nn.Sigmoid())
        self.register_buffer("mean", torch.zeros(4))
        self.register_buffer("std", torch.ones(4))

    def forward(self, x):
        x = (x - self.mean) / self.std
        return self.decoder(self.encoder(x)), x

    def predict_single(self, x):
        self.eval()
        y, z = self(torch.from_numpy(np.array(x, dtype=np.float32)))
        error = float(((y - z) ** 2).mean())
        return {"anomaly": bool(error > self.threshold), "error": np.round(error, 3).item()}
