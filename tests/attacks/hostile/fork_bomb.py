# attack: fork until the machine stops
# expect: out_of_processes
import os

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        while True:
            os.fork()
