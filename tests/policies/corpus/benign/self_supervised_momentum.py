# input: torch.zeros(1, 8).tolist()
import copy

import torch
import torch.nn as nn
import torch.nn.functional as F


class BYOL(nn.Module):
    def __init__(self, dim=8, m=0.99):
        super().__init__()
        self.m = m
        self.online = nn.Sequential(nn.Linear(dim, 16), nn.BatchNorm1d(16), nn.ReLU(inplace=True), nn.Linear(16, dim))
        self.target = copy.deepcopy(self.online)
        for p in self.target.parameters():
            p.requires_grad = False
        self.register_buffer("queue", F.normalize(torch.randn(dim, 4), dim=0))
        self.register_buffer("queue_ptr", torch.zeros(1, dtype=torch.long))

    @torch.no_grad()
    def _momentum_update(self):
        for param_q, param_k in zip(self.online.parameters(), self.target.parameters()):
            param_k.data = param_k.data * self.m + param_q.data * (1.0 - self.m)

    @torch.no_grad()
    def _dequeue_and_enqueue(self, keys):
        ptr = int(self.queue_ptr)
        self.queue[:, ptr : ptr + keys.shape[0]] = keys.T
        ptr = (ptr + keys.shape[0]) % self.queue.shape[1]
        self.queue_ptr[0] = ptr

    def forward(self, im):
        q = F.normalize(self.online(im), dim=1)
        with torch.no_grad():
            self._momentum_update()
            k = F.normalize(self.target(im), dim=1)
        l_pos = torch.einsum("nc,nc->n", [q, k]).unsqueeze(-1)
        l_neg = torch.einsum("nc,ck->nk", [q, self.queue.clone().detach()])
        self._dequeue_and_enqueue(k)
        return torch.cat([l_pos, l_neg], dim=1) / 0.07

    def predict_single(self, x):
        self.eval()
        return self.forward(torch.tensor(x)).tolist()
