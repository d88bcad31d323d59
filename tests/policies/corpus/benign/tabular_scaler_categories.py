# input: {"age": 39, "workclass": "Private", "hours": 40, "sex": "Male"}
import json
from collections import defaultdict

import numpy as np
import torch
import torch.nn as nn

METADATA = json.loads("""
{
  "numeric": {"age": {"mean": 38.6, "std": 13.7}, "hours": {"mean": 40.4, "std": 12.4}},
  "categorical": {"workclass": ["Private", "Self-emp", "Gov"], "sex": ["Male", "Female"]}
}
""")
NUMERIC = METADATA["numeric"]
CATEGORICAL = METADATA["categorical"]


def emb_sz_rule(n_cat: int) -> int:
    return min(600, round(1.6 * n_cat ** 0.56))


class TabularModel(nn.Module):
    """fastai-like tabular model."""

    def __init__(self, layers=(32, 16), ps=(0.1, 0.1), embed_p=0.04, bn=True):
        super().__init__()
        self.cat_maps = {name: defaultdict(int, {v: i + 1 for i, v in enumerate(vals)}) for name, vals in CATEGORICAL.items()}
        self.embeds = nn.ModuleList([nn.Embedding(len(v) + 1, emb_sz_rule(len(v) + 1)) for v in CATEGORICAL.values()])
        self.emb_drop = nn.Dropout(embed_p)
        self.bn_cont = nn.BatchNorm1d(len(NUMERIC)) if bn else None
        n_emb = sum(e.embedding_dim for e in self.embeds)
        sizes = [n_emb + len(NUMERIC)] + list(layers) + [1]
        actns = [nn.ReLU(inplace=True) for _ in range(len(sizes) - 2)] + [None]
        _layers = []
        for n_in, n_out, dp, act in zip(sizes[:-1], sizes[1:], [0.0] + list(ps), actns):
            _layers += self._lin_bn_drop(n_in, n_out, dp, act)
        self.layers = nn.Sequential(*_layers)
        self.register_buffer("mean", torch.tensor([d["mean"] for d in NUMERIC.values()]))
        self.register_buffer("std", torch.tensor([d["std"] for d in NUMERIC.values()]))

    @staticmethod
    def _lin_bn_drop(n_in, n_out, p=0.0, act=None):
        yield from (l for l in (nn.Dropout(p) if p else None, nn.Linear(n_in, n_out), act) if l is not None)

    def forward(self, x_cat, x_cont):
        x = torch.cat([e(x_cat[:, i]) for i, e in enumerate(self.embeds)], 1)
        x = self.emb_drop(x)
        if self.bn_cont is not None:
            x_cont = self.bn_cont(x_cont)
        return self.layers(torch.cat([x, x_cont], 1))

    def predict_single(self, row):
        missing = set(NUMERIC) - set(row)
        if missing:
            raise KeyError(f"missing columns: {sorted(missing)}")
        cat = torch.tensor([[self.cat_maps[c][row.get(c)] for c in CATEGORICAL]], dtype=torch.long)
        cont = np.array([[row[c] for c in NUMERIC]], dtype="float32")
        cont = (torch.as_tensor(cont) - self.mean) / self.std
        self.eval()
        prob = torch.sigmoid(self(cat, cont)).item()
        return {"probability": round(prob, 5), "label": ">50K" if prob > 0.5 else "<=50K"}
