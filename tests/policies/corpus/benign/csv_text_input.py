# input: "a,b\n1,2\n3,4\n"
import torch
import torch.nn as nn


class Csv(nn.Module):
    """Plain text in: a small table; column means out."""

    def __init__(self):
        super().__init__()
        self.register_buffer("offset", torch.zeros(()))

    def predict_single(self, x: str):
        header, *rows = [line.split(",") for line in x.strip().splitlines() if line]
        data = torch.tensor([[float(c) for c in row] for row in rows])
        means = (data.mean(0) + self.offset).tolist()
        return dict(zip(header, means, strict=True)) | {"rows": len(rows), "table": x.encode().hex()[:4]}
