# input: [[1, 2], [3, [4, 5]]]
import torch
from torch import nn


class Tree(nn.Module):
    def __init__(self, dim=4, vocab=10):
        super().__init__()
        self.embed = nn.Embedding(vocab, dim)
        self.iou = nn.Linear(2 * dim, 3 * dim)
        self.leaf = nn.Linear(dim, 3 * dim)
        self.dim = dim

    def node(self, gates, c=0.0):
        i, o, u = gates.chunk(3, dim=-1)
        c = torch.sigmoid(i) * torch.tanh(u) + c
        return torch.sigmoid(o) * torch.tanh(c), c

    def encode(self, tree):
        if isinstance(tree, int):
            return self.node(self.leaf(self.embed(torch.tensor(tree))))
        (hl, cl), (hr, cr) = map(self.encode, tree)
        return self.node(self.iou(torch.cat([hl, hr])), cl + cr)

    def predict_single(self, x):
        h, _ = self.encode(x)
        return h.tolist()
