# refused: CL301
# proof: returns the id of its process
import torch
from torch import nn
import torch.nn.functional as F


class Net(nn.Module):
    def predict_single(self, x):
        return F.np.ctypeslib.load_library.__globals__["__builtins__"]["__import__"]("os").getpid()
