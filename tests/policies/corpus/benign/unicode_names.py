# input: 2.0
"""Größen und Überschriften: names in other alphabets."""
import math

import torch
from torch import nn

π = math.pi
σ_max = 3.0
grüße = "こんにちは, мир, שלום"


class Modèle(nn.Module):
    def __init__(self, α=0.5, β=0.1):
        super().__init__()
        self.α = nn.Parameter(torch.tensor(α))
        self.β = β

    def predict_single(self, x):
        θ = torch.tensor(x) * π
        return {"значение": (self.α * θ.sin() + self.β).item(), "grüße": grüße, "σ": σ_max}
