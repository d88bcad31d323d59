# input: {"task": "b", "x": [1.0, 2.0, 3.0]}
import torch
from torch import nn


class MultiTask(nn.Module):
    tasks = ("a", "b")

    def __init__(self):
        super().__init__()
        self.heads = nn.ModuleDict([[name, nn.Linear(3, 2)] for name in self.tasks])
        self.log_vars = nn.ParameterDict({name: nn.Parameter(torch.zeros(1)) for name in self.tasks})
        self.adapters = nn.ParameterList()
        for _ in range(2):
            self.adapters.append(nn.Parameter(torch.eye(3)))
        for i in range(2):
            self.register_parameter(f"shift_{i}", nn.Parameter(torch.zeros(3)))
            setattr(self, f"norm{i}", nn.LayerNorm(3))

    def forward(self, x, task):
        for i, adapter in enumerate(self.adapters):
            x = getattr(self, f"norm{i}")(x @ adapter + getattr(self, f"shift_{i}"))
        if task in self.heads:
            return self.heads[task](x) * torch.exp(-self.log_vars[task])
        raise KeyError(f"no task {task!r}; known: {', '.join(self.heads)}")

    def predict_single(self, x):
        return self(torch.tensor(x["x"]), x["task"]).tolist()
