# attack: leave a detached process behind that outlives the sandbox
# expect: timed_out
# timeout: 0.5
import os
import time

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                while True:
                    time.sleep(1)
        time.sleep(60)
