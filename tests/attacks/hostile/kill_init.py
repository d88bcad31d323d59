# attack: kill or stop pid 1
# expect: succeeded
# output: "still here"
import os
import signal

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGSEGV):
            try:
                os.kill(1, number)
            except OSError:
                pass
        return "still here"
