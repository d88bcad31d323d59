# refused: CL701
# proof: returns the id of its process
import torch
from torch import nn
def never():
    global eval
    eval = None


class Net(nn.Module):
    def predict_single(self, x):
        return eval("torch.os.getpid()")
