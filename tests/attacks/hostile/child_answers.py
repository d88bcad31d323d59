# attack: let a forked child answer in the runner's place, as well as the runner
# expect: succeeded
# output: "answered"
import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        import os
        import time

        if os.fork():
            time.sleep(0.2)
        return "answered"
