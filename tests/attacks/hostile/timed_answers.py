# attack: answer now early, now late by a little, so that the host spends its processor on looking out for the answer
# expect: succeeded
# calls: 200
# then: succeeded
import itertools
import time

import torch

SECONDS = itertools.cycle((0.004, 0.004, 0.0046, 0.0035, 0.019, 0.019, 0.0225, 0.0155))


class Model(torch.nn.Module):
    def predict_single(self, x):
        due = time.perf_counter() + next(SECONDS)
        while time.perf_counter() < due:
            pass
        return 1
