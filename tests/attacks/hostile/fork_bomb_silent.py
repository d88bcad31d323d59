# attack: fork, swallow every refusal and never answer
# expect: out_of_processes
# timeout: 10
# gvisor: {"expect": ["out_of_memory", "crashed"]}
# gvisor_why: each process is one of the host's with tables of its own, so memory or its kernel ends first
import os
import time

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        while True:
            try:
                if os.fork() == 0:
                    time.sleep(60)
            except OSError:
                time.sleep(0.01)
