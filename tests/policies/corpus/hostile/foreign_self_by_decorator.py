# refused: CL404
# proof: leaves a file in /tmp
from PIL import Image
from torch import nn


def swap(function):
    return lambda *args: function(Image.new("L", (1, 1)), *args[1:])


class Net(nn.Module):
    def save(self, name):
        pass

    @swap
    def predict_single(self, x):
        return self.save("/tmp/x.png")
