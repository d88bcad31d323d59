# refused: CL301
# proof: returns the id of its process
import torch
from torch import nn
import operator


class Net(nn.Module):
    def predict_single(self, x):
        return operator.attrgetter("predict_single.__func__.__globals__")(self)["torch"].os.getpid()
