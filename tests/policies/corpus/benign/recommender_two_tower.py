# input: {"user": 3, "history": [1, 2, 8], "k": 3}
import torch
from torch import nn
import heapq
from operator import itemgetter


class TwoTower(nn.Module):
    def __init__(self, n_users=16, n_items=32, dim=8, bias=True):
        super().__init__()
        self.user_factors = nn.Embedding(n_users, dim)
        self.item_factors = nn.Embedding(n_items, dim, max_norm=1.0)
        self.user_bias, self.item_bias = (nn.Embedding(n, 1) if bias else None for n in (n_users, n_items))
        self.history = nn.EmbeddingBag(n_items, dim, mode="mean")
        self.global_bias = nn.Parameter(torch.zeros(()))
        for emb in (self.user_factors, self.item_factors):
            nn.init.normal_(emb.weight, 0, 0.05)

    def score_all(self, user, history):
        u = self.user_factors(user) + self.history(history[None])[0]
        return self.item_factors.weight @ u + self.item_bias.weight[:, 0] + self.user_bias(user) + self.global_bias

    def predict_single(self, x):
        seen = set(x["history"])
        with torch.no_grad():
            scores = self.score_all(torch.tensor(x["user"]), torch.tensor(x["history"]))
        pairs = ((i, s) for i, s in enumerate(scores.tolist()) if i not in seen)
        return [{"item": i, "score": s} for i, s in heapq.nlargest(x["k"], pairs, key=itemgetter(1))]
