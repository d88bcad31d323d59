# attack: take all memory with plain Python objects
# expect: out_of_memory
# timeout: 30
import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        kept = []
        while True:
            kept.append(bytearray(b"x") * (1 << 24))
