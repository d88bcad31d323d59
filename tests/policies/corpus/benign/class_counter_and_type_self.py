# input: 2
import torch
from torch import nn


class Counter(nn.Module):
    instances = 0
    defaults = {"width": 2}

    def __init__(self, width=None):
        super().__init__()
        type(self).instances += 1
        self.width = width or self.__class__.defaults["width"]
        self.fc = nn.Linear(self.width, self.width)

    def copy_of(self):
        new = type(self)(self.width)
        new.load_state_dict(self.state_dict())
        return new

    @classmethod
    def made(cls):
        return cls.instances

    def predict_single(self, x):
        other = self.copy_of()
        same = torch.equal(other.fc.weight, self.fc.weight) and isinstance(other, Counter) and type(other) is type(self)
        return [Counter.instances >= 2, self.made() == Counter.made(), same, x]
