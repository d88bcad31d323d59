# refused: CL301
# proof: returns the id of its process
import torch
from torch import nn
from torch import multiprocessing as mp


class Net(nn.Module):
    def predict_single(self, x):
        return mp.current_process().pid
