# input: "2024-01-31"
import time
from datetime import datetime, timedelta

import torch
from torch import nn


class Seasonal(nn.Module):
    def __init__(self, period=7):
        super().__init__()
        self.period = period
        self.day = nn.Embedding(period, 1)

    def predict_single(self, x):
        start = time.perf_counter()
        t0 = datetime.strptime(x, "%Y-%m-%d")
        days = [t0 + timedelta(days=i) for i in range(3)]
        values = self.day(torch.tensor([d.weekday() % self.period for d in days])).squeeze(-1)
        elapsed = time.perf_counter() - start
        return {d.isoformat(): v for d, v in zip(days, values.tolist())} | {"fast": elapsed < 60}
