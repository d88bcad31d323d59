# refused: CL301
# proof: returns the id of its process
import torch
from torch import nn
if __name__ != "__main__":
    PID = torch.os.getpid()


class Net(nn.Module):
    def predict_single(self, x):
        return PID
