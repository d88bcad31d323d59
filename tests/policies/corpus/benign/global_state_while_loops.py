# input: 12
import torch
from torch import nn

calls = 0
HISTORY = []


def note(value, *, keep=5):
    global calls
    calls += 1
    HISTORY.append(value)
    while len(HISTORY) > keep:
        HISTORY.pop(0)
    return calls


class AdaptiveComputation(nn.Module):
    def __init__(self, limit=8, threshold=0.99):
        super().__init__()
        self.step, self.halt = nn.Linear(4, 4), nn.Linear(4, 1)
        self.limit, self.threshold = limit, threshold

    def forward(self, x):
        halted, n, out = torch.zeros(()), 0, torch.zeros_like(x)
        while True:
            x = torch.tanh(self.step(x))
            p = torch.sigmoid(self.halt(x))[0]
            if halted + p > self.threshold or n >= self.limit:
                out = out + (1 - halted) * x
                break
            halted, n, out = halted + p, n + 1, out + p * x
        else:
            raise AssertionError("never")
        return out, n

    def predict_single(self, x):
        bits = [float(b) for b in f"{int(x) & 15:04b}"]
        out, n = self(torch.tensor(bits))
        return {"call": note(x), "ponder": n, "out": out.tolist(), "history": HISTORY[:], "even": not x % 2 and x != 0}
