# refused: CL201
# proof: returns the id of its process
import torch
from torch import nn
import threading


class Net(nn.Module):
    def predict_single(self, x):
        return threading.current_thread().__init__.__func__.__globals__["_sys"].modules["os"].getpid()
