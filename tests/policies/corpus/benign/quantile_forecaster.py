# input: [1.0, 2.0, 1.5, 2.5, 2.0, 3.0, 2.5, 3.5]
import torch
import torch.nn as nn

QUANTILES = (0.1, 0.5, 0.9)


class QuantileLSTM(nn.Module):
    def __init__(self, horizon: int = 4, hidden: int = 12, quantiles=QUANTILES):
        super().__init__()
        self.horizon = horizon
        self.quantiles = tuple(sorted(quantiles))
        self.lstm = nn.LSTM(1, hidden, batch_first=True, bidirectional=False)
        self.heads = nn.ModuleDict({str(int(q * 100)): nn.Linear(hidden, horizon) for q in self.quantiles})

    def pinball(self, y_hat, y):
        losses = []
        for i, q in enumerate(self.quantiles):
            errors = y - y_hat[..., i]
            losses.append(torch.max((q - 1) * errors, q * errors).unsqueeze(-1))
        return torch.mean(torch.sum(torch.cat(losses, dim=-1), dim=-1))

    def forward(self, x):
        x, (h, c) = self.lstm(x)
        del c
        outs = torch.stack([head(h[-1]) for head in self.heads.values()], -1)
        return torch.cummax(outs, dim=-1).values

    def predict_single(self, x):
        series = torch.tensor(x, dtype=torch.float).view(1, -1, 1)
        mean, std = series.mean(), series.std(unbiased=False).clamp_min(1e-5)
        out = self((series - mean) / std) * std + mean
        return {key: [round(v, 3) for v in values] for key, values in zip(self.heads.keys(), out[0].T.tolist())}
