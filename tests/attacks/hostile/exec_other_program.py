# attack: become another program
# expect: ["crashed", "protocol_violation"]
import os
import sys

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        os.execv(sys.executable, [sys.executable, "-c", "pass"])
