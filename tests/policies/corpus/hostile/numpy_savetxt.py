# refused: CL301
# proof: leaves a file in /tmp
import torch
from torch import nn
import numpy as np


class Net(nn.Module):
    def predict_single(self, x):
        np.savetxt("/tmp/x", np.ones(1))
