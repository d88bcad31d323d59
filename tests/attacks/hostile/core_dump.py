# attack: write a core dump, the weights in it, to the host's disk
# expect: crashed
# signal: 6
import os
import resource

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        try:
            resource.setrlimit(resource.RLIMIT_CORE, (-1, -1))
        except (OSError, ValueError):
            pass
        os.abort()
