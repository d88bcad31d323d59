# attack: lift Python's bound on digits and return a number that no client parses
# expect: output_not_serialisable
# message: digits
import sys

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        sys.set_int_max_str_digits(0)
        return [1, 10**5_000]
