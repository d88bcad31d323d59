# refused: CL413
# inert: what it takes for a tensor has to be forged whole; as it stands the process ends
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        return torch.Tensor(cdata=id(self)).tolist()
