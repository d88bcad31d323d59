# attack: kill the runner as the host would, to be run again and again at the platform's expense
# expect: model_error
# message: PermissionError
import os

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        os.kill(os.getpid(), 9)
