# refused: CL303
# proof: returns the id of its process
from torch import nn


class Net(nn.Module):
    if nn is None:
        eval = 1
    pid = eval("__import__('os').getpid()")

    def predict_single(self, x):
        return self.pid
