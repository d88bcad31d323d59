# attack: take all memory
# expect: out_of_memory
# timeout: 30
import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        kept = []
        while True:
            kept.append(torch.ones(4 << 20))
