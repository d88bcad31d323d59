# input: [5.1, 3.5, 1.4, 0.2]
import torch
import torch.nn as nn
import torch.nn.functional as F

LABELS = ["setosa", "versicolor", "virginica"]


class Iris(nn.Module):
    def __init__(self, in_features=4, h1=8, h2=9, out_features=3):
        super().__init__()
        self.fc1 = nn.Linear(in_features, h1)
        self.fc2 = nn.Linear(h1, h2)
        self.out = nn.Linear(h2, out_features)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        x = self.out(x)
        return x

    def predict_single(self, x):
        with torch.no_grad():
            return LABELS[self.forward(torch.tensor(x)).argmax().item()]


if __name__ == "__main__":
    torch.manual_seed(41)
    model = Iris()
    input = torch.randn(4)
    print(model)
    print(model.predict_single(input.tolist()))
