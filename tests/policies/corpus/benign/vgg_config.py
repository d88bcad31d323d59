# input: torch.zeros(3, 32, 32).tolist()
from collections import OrderedDict

import torch
from torch import nn

cfgs = {
    "A": [8, "M", 16, "M", 32, 32, "M"],
    "B": [8, 8, "M", 16, 16, "M"],
}


def make_layers(cfg, batch_norm=False):
    layers = []
    in_channels = 3
    for v in cfg:
        if v == "M":
            layers += [nn.MaxPool2d(kernel_size=2, stride=2)]
        else:
            conv2d = nn.Conv2d(in_channels, v, kernel_size=3, padding=1)
            if batch_norm:
                layers += [conv2d, nn.BatchNorm2d(v), nn.ReLU(inplace=True)]
            else:
                layers += [conv2d, nn.ReLU(inplace=True)]
            in_channels = v
    return nn.Sequential(*layers)


class VGG(nn.Module):
    def __init__(self, cfg="A", num_classes=5, init_weights=True):
        super().__init__()
        self.features = make_layers(cfgs[cfg], batch_norm=True)
        self.classifier = nn.Sequential(OrderedDict([("fc1", nn.Linear(32, 16)), ("act", nn.ReLU()), ("fc2", nn.Linear(16, num_classes))]))
        if init_weights:
            self._initialize_weights()

    def _initialize_weights(self):
        for m in self.modules():
            if isinstance(m, nn.Linear):
                m.weight.data.normal_(0, 0.01)
                m.bias.data.zero_()

    def forward(self, x):
        x = self.features(x).mean(dim=(2, 3))
        return self.classifier(x)

    def predict_single(self, x):
        out = self.forward(torch.FloatTensor(x).unsqueeze(0))
        prob, idx = torch.max(torch.softmax(out, dim=1), dim=1)
        return {"class": idx.item(), "probability": prob.item()}
