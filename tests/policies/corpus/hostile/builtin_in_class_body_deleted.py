# refused: CL303
# proof: returns the id of its process
from torch import nn


class Net(nn.Module):
    open = 1
    del open
    pid = int(open("/proc/self/stat").read().split()[0])

    def predict_single(self, x):
        return self.pid
