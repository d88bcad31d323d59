# refused: CL702 CL506 CL501
# proof: returns the id of its process
import torch
from torch import nn


class Net(nn.Module):
    __match_args__ = ("predict_single",)

    def predict_single(self, x):
        match self:
            case Net(method):
                return method.__func__.__globals__["torch"].os.getpid()
