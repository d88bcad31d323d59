# input: [0.5, 0.5, 0.5]
import torch
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class Q(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.fc = nn.Linear(3, 3)
        self.dequant = DeQuantStub()

    def forward(self, x):
        return self.dequant(self.fc(self.quant(x)))

    def fuse_model(self):
        for m in self.modules():
            if type(m) == nn.Linear:
                m.eval()

    def predict_single(self, x):
        self.fuse_model()
        return self(torch.tensor(x)).tolist()
