# input: [0.1, 0.2, 0.3]
from typing import Dict

import torch
from torch import nn


class MultiTask(nn.Module):
    TASKS = {"gender": 2, "age": 5}

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Hardswish())
        self.heads = nn.ModuleDict({task: nn.Linear(8, n) for task, n in self.TASKS.items()})
        self.log_vars = nn.ParameterDict({task: nn.Parameter(torch.zeros(())) for task in self.TASKS})

    def forward(self, x: torch.Tensor) -> Dict[str, torch.Tensor]:
        h = self.trunk(x)
        return {task: head(h) * torch.exp(-self.log_vars[task]) for task, head in self.heads.items()}

    def predict_single(self, x):
        self.eval()
        out = self.forward(torch.tensor(x).unsqueeze(0))
        return {task: {"label": int(y.argmax()), "scores": y.softmax(-1).flatten().tolist()} for task, y in out.items()}
