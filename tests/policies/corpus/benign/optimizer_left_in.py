# input: [1.0]
"""Training code that people leave in the file."""
import torch
import torch.nn as nn
import torch.optim as optim
from torch.optim.lr_scheduler import StepLR


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(1, 1)
        self.criterion = nn.MSELoss()

    def forward(self, x):
        return self.fc(x)

    def configure_optimizers(self):
        optimizer = optim.Adam(self.parameters(), lr=1e-3)
        return [optimizer], [StepLR(optimizer, step_size=1)]

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = self.criterion(self(x), y)
        return loss

    def fit(self, x, y, epochs=1):
        (optimizer,), (scheduler,) = self.configure_optimizers()
        for epoch in range(epochs):
            optimizer.zero_grad()
            loss = self.training_step((x, y), epoch)
            loss.backward()
            nn.utils.clip_grad_norm_(self.parameters(), 1.0)
            optimizer.step()
            scheduler.step()
        return loss.item()

    def predict_single(self, x):
        return self(torch.tensor(x)).tolist()


def train():
    model = Net()
    model.train()
    print("loss", model.fit(torch.ones(4, 1), torch.zeros(4, 1)))


if __name__ == "__main__":
    train()
