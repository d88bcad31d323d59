# input: [0.3] * 8
import heapq
import operator
import torch
import torch.nn as nn
import torch.nn.functional as F


NAMES = ["alice", "bob", "carol"]


class ArcFace(nn.Module):
    def __init__(self, in_features=8, emb=4, s=30.0, m=0.50, easy_margin=False):
        super(ArcFace, self).__init__()
        self.backbone = nn.Linear(in_features, emb)
        self.weight = nn.Parameter(torch.FloatTensor(len(NAMES), emb))
        nn.init.xavier_uniform_(self.weight)
        self.s, self.m = s, m
        self.register_buffer("gallery", F.normalize(torch.randn(len(NAMES), emb)))
        self.register_full_backward_hook(lambda mod, gi, go: None)

    def forward(self, input, label=None):
        emb = F.normalize(self.backbone(input))
        cosine = F.linear(emb, F.normalize(self.weight))
        if label is None:
            return emb, cosine * self.s
        one_hot = torch.zeros(cosine.size(), device=cosine.device)
        one_hot.scatter_(1, label.view(-1, 1).long(), 1)
        return emb, self.s * (one_hot * torch.cos(torch.acos(cosine.clamp(-1 + 1e-7, 1 - 1e-7)) + self.m) + (1.0 - one_hot) * cosine)

    def predict_single(self, x):
        emb, logits = self(torch.tensor([x]))
        sims = (self.gallery @ emb[0]).tolist()
        ranked = heapq.nlargest(2, zip(NAMES, sims), key=operator.itemgetter(1))
        return [dict(name=n, similarity=s) for n, s in ranked]
