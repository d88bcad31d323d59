# attack: set the host's clock
# expect: succeeded
# output: "refused"
import time

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        try:
            time.clock_settime(time.CLOCK_REALTIME, 0)
            return "set"
        except OSError:
            return "refused"
