# attack: return more than anybody stores
# expect: output_too_large
import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        return b"x" * (9 << 20)
