# refused: CL201
# proof: returns the id of its process
import torch
from torch import nn
import pickle


class Net(nn.Module):
    def predict_single(self, x):
        return pickle.loads(b"cos\ngetpid\n(tR.")
