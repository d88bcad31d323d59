# input: {"series": [1, 2, 3, 5, 8, 13, 21], "steps": 3}
import datetime as dt
from collections import deque
from itertools import islice, count
from statistics import fmean, pstdev
import numpy as np, numpy.typing as npt
import torch
from torch import nn


class AR(nn.Module):
    order: int = 3

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(self.order, 1)

    @classmethod
    def from_order(cls, order=3):
        model = cls()
        return model

    @staticmethod
    def windows(values: npt.NDArray[np.float64], k: int) -> np.ndarray:
        return np.stack([values[i : i + k] for i in range(len(values) - k + 1)])

    def predict_single(self, x):
        series = np.array(x["series"], dtype=np.float64)
        mean, std = fmean(series.tolist()), pstdev(series.tolist()) or 1.0
        window = deque(((series - mean) / std).tolist(), maxlen=self.order)
        out = []
        for _ in islice(count(), x["steps"]):
            value = self.linear(torch.tensor(list(window)).float()).item()
            window.append(value)
            out.append(round(value * std + mean, 6))
        day = dt.date(2024, 1, 1)
        windows = self.windows(series, 2)
        return {"forecast": {(day + dt.timedelta(days=i)).isoformat(): v for i, v in enumerate(out)}, "windows": windows[:2].tolist(), "finite": bool(np.isfinite(windows).all()), "trend": np.polyfit(np.arange(len(series)), series, 1).round(3).tolist()}
