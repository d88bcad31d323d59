# input: {"history": ["i3", "i1"], "k": 2}
import hashlib
from functools import cached_property, reduce
import torch
import torch.nn as nn
import torch.nn.functional as F


ITEMS = ["i%d" % i for i in range(1, 7)]
ITEM2IDX = dict(map(reversed, enumerate(ITEMS, 1)))
IDX2ITEM = {v: k for k, v in ITEM2IDX.items()}


def bucket(s: str, n=16) -> int:
    return int(hashlib.md5(s.encode()).hexdigest(), 16) % n


class SASRec(nn.Module):
    maxlen = 5

    def __init__(self, d=8, heads=2, blocks=2):
        super().__init__()
        self.item_emb = nn.Embedding(len(ITEMS) + 1, d, padding_idx=0)
        self.pos_emb = nn.Embedding(self.maxlen, d)
        self.hash_emb = nn.Embedding(16, d)
        self.blocks = nn.ModuleList([nn.TransformerEncoderLayer(d, heads, 4 * d, batch_first=True, norm_first=True) for _ in range(blocks)])

    @cached_property
    def causal(self):
        return nn.Transformer.generate_square_subsequent_mask(self.maxlen)

    def forward(self, seq, user):
        x = self.item_emb(seq) * self.item_emb.embedding_dim ** 0.5
        x = x + self.pos_emb.weight + self.hash_emb(user)[:, None]
        x = reduce(lambda h, b: b(h, src_mask=self.causal), self.blocks, x)
        return x[:, -1] @ self.item_emb.weight.T

    def predict_single(self, x, k=3):
        k = x.get("k", k)
        seq = ([0] * self.maxlen + [ITEM2IDX[i] for i in x["history"] if i in ITEM2IDX])[-self.maxlen:]
        user = torch.tensor([bucket(x.get("user", "anonymous"))])
        scores = self(torch.tensor([seq]), user)[0]
        scores[0] = -torch.inf
        scores[[ITEM2IDX[i] for i in x["history"]]] = -torch.inf
        vals, idx = scores.topk(k)
        return {"items": [IDX2ITEM[i] for i in idx.tolist()], "scores": vals.tolist()}
