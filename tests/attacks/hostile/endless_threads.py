# attack: keep every core of the machine busy
# expect: timed_out
# timeout: 1
import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        torch.set_num_threads(32)
        a = torch.ones(2000, 2000)
        while True:
            a = (a @ a).clamp(0, 1)
