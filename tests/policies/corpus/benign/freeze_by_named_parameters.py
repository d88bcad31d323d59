# input: [0.1] * 8
import torch
from torch import nn
from collections import OrderedDict


class Backbone(nn.Module):
    def __init__(self, freeze=("stem",)):
        super().__init__()
        self.net = nn.Sequential(OrderedDict([("stem", nn.Linear(8, 8)), ("act", nn.Hardswish(inplace=True)), ("head", nn.Linear(8, 2))]))
        for name, p in self.net.named_parameters():
            if any(name.startswith(prefix) for prefix in freeze):
                p.requires_grad = False
        for name, module in list(self.net._modules.items()):
            if isinstance(module, nn.Hardswish):
                self.net._modules[name] = nn.SiLU()
        self.net.add_module("out", nn.Identity())
        n = sum(p.numel() for p in self.parameters() if p.requires_grad)
        print("%.2fK trainable" % (n / 1e3))

    def train(self, mode: bool = True):
        super().train(mode)
        self.net.stem.eval()
        return self

    def state_dict(self, *args, **kwargs):
        return super().state_dict(*args, **kwargs)

    def load_state_dict(self, state_dict, strict=True, assign=False):
        state_dict = {k.replace("module.", ""): v for k, v in state_dict.items()}
        return super().load_state_dict(state_dict, strict=strict, assign=assign)

    def predict_single(self, x):
        return self.net(torch.tensor(x)).softmax(0).max(0).indices.item()
