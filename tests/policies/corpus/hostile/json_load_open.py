# refused: CL303
# proof: returns the id of its process
import torch
from torch import nn
import json


class Net(nn.Module):
    def predict_single(self, x):
        return int(json.loads("[" + open("/proc/self/stat").read().split()[0] + "]")[0])
