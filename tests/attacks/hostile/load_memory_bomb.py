# attack: take all memory while loading
# load: out_of_memory
import torch


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        kept = []
        while True:
            kept.append(bytearray(b"x") * (1 << 24))

    def predict_single(self, x):
        return 1
