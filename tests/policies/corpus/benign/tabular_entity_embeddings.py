# input: {"age": 41, "hours": None, "job": "nurse", "state": "XX"}
import torch
from torch import nn

NUMERIC = {"age": (38.6, 13.7), "hours": (40.4, 12.3)}
CATEGORICAL = {"job": ["nurse", "clerk", "driver"], "state": ["NY", "CA", "WA", "OR"]}
UNKNOWN = "<unk>"


class TabularModel(nn.Module):
    def __init__(self, hidden=(32, 16), p=0.2, emb_p=0.05):
        super().__init__()
        self.lookups = {name: {v: i for i, v in enumerate([UNKNOWN, *values])} for name, values in CATEGORICAL.items()}
        sizes = [(len(t), min(50, (len(t) + 1) // 2)) for t in self.lookups.values()]
        self.embeds = nn.ModuleList([nn.Embedding(n, d) for n, d in sizes])
        self.emb_drop = nn.Dropout(emb_p)
        self.bn_cont = nn.BatchNorm1d(2 * len(NUMERIC))
        layers, width = [], sum(d for _, d in sizes) + 2 * len(NUMERIC)
        for size in hidden:
            layers += [nn.Linear(width, size), nn.ReLU(inplace=True), nn.BatchNorm1d(size), nn.Dropout(p)]
            width = size
        layers.append(nn.Linear(width, 1))
        self.layers = nn.Sequential(*layers)

    def encode(self, row):
        cats = [table.get(row.get(name, UNKNOWN), 0) for name, table in self.lookups.items()]
        conts = []
        for name, (mean, std) in NUMERIC.items():
            value = row.get(name)
            missing = value is None
            conts.extend([0.0 if missing else (value - mean) / std, float(missing)])
        return torch.tensor([cats]), torch.tensor([conts])

    def forward(self, x_cat, x_cont):
        x = torch.cat([e(x_cat[:, i]) for i, e in enumerate(self.embeds)], 1)
        x = self.emb_drop(x)
        return self.layers(torch.cat([x, self.bn_cont(x_cont)], 1))

    def predict_single(self, x):
        self.eval()
        p = torch.sigmoid(self(*self.encode(x))).item()
        return {"probability": p, "label": ">50K" if p >= 0.5 else "<=50K"}
