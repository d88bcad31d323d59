# input: b"\x01\x02\x03"
import hashlib
from typing import Any

import torch
import torch.nn as nn


class Bytes(nn.Module):
    def __init__(self, *, repeat: int = 2):
        super().__init__()
        self.repeat = repeat
        self.bias = nn.Parameter(torch.zeros(1))

    def predict_single(self, x: bytes, /, top: int = 5, *, upper: bool = False, **unused: Any) -> bytes:
        digest = hashlib.sha256(x).digest()
        t = torch.tensor(list(bytearray(x)), dtype=torch.uint8).repeat(self.repeat)
        return bytes(t.tolist()) + digest[:top] + int(self.bias.item()).to_bytes(2, "big")
