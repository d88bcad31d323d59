# attack: end the process as if all were well
# expect: crashed
import os

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        os._exit(0)
