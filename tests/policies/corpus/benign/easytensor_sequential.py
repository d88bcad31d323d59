# input: [0.1, 0.2, 0.3, 0.4]
# The first example of EasyTensor's documentation: a small feed-forward net.
import torch
import torch.nn as nn


class Model(nn.Module):
    def __init__(self):
        super(Model, self).__init__()
        self.model = nn.Sequential(nn.Linear(4, 10), nn.ReLU(), nn.Linear(10, 2))

    def forward(self, x):
        return self.model(x)

    def predict_single(self, x):
        tensor = torch.tensor(x, dtype=torch.float32)
        return self.forward(tensor).detach().tolist()
