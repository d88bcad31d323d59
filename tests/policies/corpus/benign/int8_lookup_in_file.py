# input: 3
import base64
import io
import json
import zlib

import torch
from torch import nn

# A small table packed into the source, the way people ship constants.
PACKED = base64.b64encode(zlib.compress(json.dumps(list(range(16))).encode("utf-8"))).decode("ascii")
CONFIG = json.loads(
    """
    {"scale": 0.5, "labels": {"0": "even", "1": "odd"}}
    """
)


class Table(nn.Module):
    def __init__(self):
        super().__init__()
        raw = io.BytesIO(zlib.decompress(base64.b64decode(PACKED)))
        values = json.load(raw)
        self.register_buffer("table", torch.tensor(values, dtype=torch.int8))

    def predict_single(self, x):
        v = int(self.table[x % len(self.table)])
        return {"value": v * CONFIG["scale"], "label": CONFIG["labels"][str(v % 2)]}
