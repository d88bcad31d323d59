# input: [1.0]
import contextlib
import time
from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def timed(label, into):
    start = time.perf_counter()
    try:
        yield into
    finally:
        into[label] = time.perf_counter() - start


@contextmanager
def evaluating(net):
    istrain = net.training
    try:
        net.eval()
        yield net
    finally:
        if istrain:
            net.train()


class Timed(nn.Module):
    def __init__(self, amp=False):
        super().__init__()
        self.fc = nn.Linear(1, 1)
        self.amp = amp

    def predict_single(self, x):
        times = {}
        ctx = torch.autocast("cpu") if self.amp else contextlib.nullcontext()
        with evaluating(self) as net, timed("forward", times), ctx, torch.no_grad(), contextlib.suppress(ZeroDivisionError):
            y = net.fc(torch.tensor(x))
        return {"y": y.item(), "timed": sorted(times)}
