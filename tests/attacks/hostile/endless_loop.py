# attack: never return
# expect: timed_out
# timeout: 0.5
import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        while True:
            pass
