# attack: fork until the machine stops
# expect: out_of_processes
# gvisor: {"expect": ["out_of_memory", "crashed"]}
# gvisor_why: each process is one of the host's with tables of its own, so memory or its kernel ends first
import os

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        while True:
            os.fork()
