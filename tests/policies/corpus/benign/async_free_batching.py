# input: [1.0, 2.0]
import torch
from torch import nn


class Batched(nn.Module):
    max_batch_size = 2

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 1)

    def predict_batch(self, xs):
        out = []
        for i in range(0, len(xs), self.max_batch_size):
            batch = torch.tensor(xs[i : i + self.max_batch_size])
            out.extend(self.fc(batch).squeeze(-1).tolist())
        return out

    def predict_single(self, x):
        return self.predict_batch([x])[0]
