# attack: ask for a petabyte at once
# expect: out_of_memory
import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        return torch.empty(1 << 50).sum()
