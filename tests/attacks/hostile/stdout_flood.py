# attack: print forever, to fill the disk that holds the log
# expect: timed_out
# timeout: 1
# truncated: true
import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        while True:
            print("x" * 1000)
