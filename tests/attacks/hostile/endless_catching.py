# attack: catch whatever is meant to stop it
# expect: timed_out
# timeout: 0.5
import signal

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        for number in range(1, 65):
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                pass
        while True:
            try:
                while True:
                    pass
            except BaseException:
                pass
