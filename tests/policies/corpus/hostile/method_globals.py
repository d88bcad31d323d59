# refused: CL501
# proof: returns the id of its process
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        return self.predict_single.__func__.__globals__["torch"].os.getpid()
