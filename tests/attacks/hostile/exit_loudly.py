# attack: end the runner by its own exceptions
# expect: model_error
# message: SystemExit
import sys

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        sys.exit(3)
