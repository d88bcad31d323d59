# input: torch.rand(3, 8, 8).tolist()
import torch
import torch.nn as nn
from torch.ao.quantization import QuantStub, DeQuantStub, fuse_modules


def conv_bn_relu(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU())


class Mobile(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.features = nn.Sequential(conv_bn_relu(3, 4), conv_bn_relu(4, 8))
        self.fc = nn.Linear(8, 2)
        self.fused = False

    def fuse_model(self):
        if self.fused:
            return
        for m in self.features:
            if type(m) == nn.Sequential:
                fuse_modules(m, ["0", "1", "2"], inplace=True)
        self.fused = True

    def forward(self, x):
        x = self.features(self.quant(x))
        return self.dequant(self.fc(x.mean([2, 3])))

    def predict_single(self, x):
        self.eval()
        self.fuse_model()
        return self(torch.tensor(x)[None]).tolist()[0]
