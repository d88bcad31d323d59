# input: [[0.5, 1.0], [2.0, -1.0]]
import torch
from torch import nn


class Streamed(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 4), nn.GELU(), nn.Linear(4, 2))
        self.net.to("cuda" if torch.cuda.is_available() else "cpu")

    def forward(self, x):
        return self.net(x)

    def predict_single(self, rows):
        x = torch.tensor(rows)
        if not torch.cuda.is_available():
            return self(x).detach().tolist()
        side = torch.cuda.Stream()
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        with torch.cuda.device(0), torch.cuda.stream(side):
            begin.record()
            y = self(x.cuda())
            end.record()
        torch.cuda.current_stream().wait_stream(side)
        end.synchronize()
        print("took", begin.elapsed_time(end), "ms, peak", torch.cuda.max_memory_allocated())
        return y.detach().cpu().tolist()
