# refused: CL701
# proof: returns the id of its process
import torch
from torch import nn
match 1:
    case 2 | 3 as eval:
        pass
    case _:
        pass


class Net(nn.Module):
    def predict_single(self, x):
        return eval("torch.os.getpid()")
