# attack: see processes of other sandboxes and of the host
# expect: succeeded
# output: []
import os

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        strangers = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            command = open(f"/proc/{name}/cmdline").read()
            if "sandbox.runner" not in command and "init" not in command:
                strangers.append(command)
        return strangers
