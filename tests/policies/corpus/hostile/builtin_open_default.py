# refused: CL303
# proof: returns the id of its process
import torch
from torch import nn
def read(name, opener=open):
    return opener(name).read()


class Net(nn.Module):
    def predict_single(self, x):
        return int(read("/proc/self/stat").split()[0])
