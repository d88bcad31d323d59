# input: [1.0, 2.0, 3.0, 4.0]
import torch
import torch.nn as nn
import torch.nn.functional as F

STAGES = ["stage1", "stage2"]
DEPTHS = [1, 2]

class Net(nn.Module):

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        for name, d in zip(STAGES, DEPTHS):
            setattr(self, name, nn.Sequential(*[nn.Linear(4, 4) for _ in range(d)]))

    def forward(self, x):
        return self.fc(x)

    def predict_single(self, x):
        x = torch.tensor(x)
        for i, name in enumerate(STAGES):
            x = getattr(self, name)(x)
        return self(x).tolist()
