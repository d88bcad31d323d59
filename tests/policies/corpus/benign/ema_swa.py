# input: [1.0]
import copy

import torch
from torch import nn


class EMA(nn.Module):
    def __init__(self, decay=0.9):
        super().__init__()
        self.module = nn.Linear(1, 1)
        self.shadow = copy.deepcopy(self.module).eval().requires_grad_(False)
        self.decay = decay
        self.num_updates = 0

    @torch.no_grad()
    def update(self):
        self.num_updates += 1
        d = min(self.decay, (1 + self.num_updates) / (10 + self.num_updates))
        msd = self.module.state_dict()
        for k, v in self.shadow.state_dict().items():
            if v.dtype.is_floating_point:
                v *= d
                v += (1.0 - d) * msd[k].detach()

    def predict_single(self, x):
        self.update()
        sd = {k: v.clone() for k, v in self.shadow.state_dict().items()}
        self.shadow.load_state_dict(sd, strict=True)
        return self.shadow(torch.tensor(x)).tolist()
