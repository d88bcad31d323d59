"""What the policy refuses: every line marked here could read, run or send something it should not."""

import os
import subprocess

import torch
from torch import nn


class Sneaky(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(1, 1)
        self.extra = torch.load("/tmp/weights.pt")

    def predict_single(self, x):
        key = os.environ["CLOCHE_API_KEY"]
        listing = subprocess.run(["ls", "/"], capture_output=True).stdout
        world = self.__class__.__base__.__subclasses__()
        return {"key": key, "files": str(listing), "classes": len(world), "answer": eval(x)}
