# attack: kill everything there is
# expect: model_error
# message: PermissionError
import os

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        os.kill(-1, 9)
