# attack: hold the lease without doing anything
# expect: timed_out
# timeout: 0.5
import time

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        time.sleep(3600)
