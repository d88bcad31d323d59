# attack: let a child take all memory, so that the parent looks innocent
# expect: ["succeeded", "out_of_memory"]
import os

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        if os.fork() == 0:
            kept = []
            while True:
                kept.append(b"x" * (16 << 20))
        return os.wait()[1] & 0x7F
