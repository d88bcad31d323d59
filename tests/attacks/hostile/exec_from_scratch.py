# attack: write a program and start it
# expect: model_error
# message: PermissionError
import os
import sys

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        with open(os.open("/tmp/program", os.O_CREAT | os.O_WRONLY, 0o755), "wb") as program:
            program.write(open(os.path.realpath(sys.executable), "rb").read())
        os.execv("/tmp/program", ["program", "-c", "pass"])
