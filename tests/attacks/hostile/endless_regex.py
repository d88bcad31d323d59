# attack: a regular expression that backtracks for ever, holding the interpreter's lock
# expect: timed_out
# timeout: 0.5
import re

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        return bool(re.match(r"(a+)+$", "a" * 60 + "b"))
