# attack: one operation of C code that takes hours and can't be interrupted
# expect: timed_out
# timeout: 1
import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        a = torch.ones(4000, 4000)
        return torch.linalg.matrix_power(a, 1 << 30).sum()
