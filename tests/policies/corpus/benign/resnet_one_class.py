# input: torch.zeros(3, 32, 32).tolist()
"""A residual net in one class: blocks are plain ModuleDicts."""
import torch
import torch.nn as nn
import torch.nn.functional as F


def conv3x3(in_planes: int, out_planes: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(in_planes, out_planes, kernel_size=3, stride=stride, padding=1, bias=False)


def basic_block(inplanes, planes, stride=1):
    layers = {
        "conv1": conv3x3(inplanes, planes, stride),
        "bn1": nn.BatchNorm2d(planes),
        "conv2": conv3x3(planes, planes),
        "bn2": nn.BatchNorm2d(planes),
    }
    if stride != 1 or inplanes != planes:
        layers["downsample"] = nn.Sequential(
            nn.Conv2d(inplanes, planes, kernel_size=1, stride=stride, bias=False), nn.BatchNorm2d(planes)
        )
    return nn.ModuleDict(layers)


def run_block(block, x):
    identity = block["downsample"](x) if "downsample" in block else x
    out = F.relu(block["bn1"](block["conv1"](x)), inplace=True)
    out = block["bn2"](block["conv2"](out))
    out += identity
    return F.relu(out)


class ResNet(nn.Module):
    def __init__(self, layers=(1, 1, 1), num_classes=10, zero_init_residual=False):
        super(ResNet, self).__init__()
        self.inplanes = 16
        self.conv1 = nn.Conv2d(3, self.inplanes, kernel_size=3, stride=1, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(self.inplanes)
        self.relu = nn.ReLU(inplace=True)
        for i, n in enumerate(layers):
            setattr(self, f"layer{i + 1}", self._make_layer(16 * 2**i, n, stride=1 if i == 0 else 2))
        self.num_layers = len(layers)
        self.fc = nn.Linear(16 * 2 ** (len(layers) - 1), num_classes)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(m, (nn.BatchNorm2d, nn.GroupNorm)):
                nn.init.constant_(m.weight, 1)
                nn.init.constant_(m.bias, 0)

    def _make_layer(self, planes, blocks, stride=1):
        layers = [basic_block(self.inplanes, planes, stride)]
        self.inplanes = planes
        for _ in range(1, blocks):
            layers.append(basic_block(self.inplanes, planes))
        return nn.ModuleList(layers)

    def _forward_impl(self, x):
        x = self.relu(self.bn1(self.conv1(x)))
        for i in range(self.num_layers):
            for block in getattr(self, "layer" + str(i + 1)):
                x = run_block(block, x)
        x = F.adaptive_avg_pool2d(x, 1)
        return self.fc(torch.flatten(x, 1))

    def forward(self, x):
        return self._forward_impl(x)

    def predict_single(self, x):
        self.eval()
        with torch.no_grad():
            logits = self.forward(torch.as_tensor(x, dtype=torch.float32)[None])
        return int(logits.argmax(1).item())
