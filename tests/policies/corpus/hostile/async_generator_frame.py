# refused: CL006 CL502
# proof: returns the id of its process
import torch
from torch import nn
async def walk():
    yield


class Net(nn.Module):
    def predict_single(self, x):
        return walk().ag_frame.f_globals["torch"].os.getpid()
