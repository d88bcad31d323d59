# attack: never read what the host sends, so that it waits for us
# expect: timed_out
# timeout: 0.5
# calls: 20
# input_bytes: 1000000
import time

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        time.sleep(60)
