# refused: CL104 CL006
# inert: nothing would await it
from torch import nn


class Net(nn.Module):
    async def predict_single(self, x):
        return 0
