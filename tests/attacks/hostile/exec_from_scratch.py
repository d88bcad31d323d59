# attack: write a program and start it
# expect: model_error
# message: PermissionError
import os
import shutil
import sys

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        shutil.copy(os.path.realpath(sys.executable), "/tmp/program")
        os.chmod("/tmp/program", 0o755)
        os.execv("/tmp/program", ["program", "-c", "pass"])
