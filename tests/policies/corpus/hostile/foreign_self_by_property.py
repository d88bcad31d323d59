# refused: CL504 CL507
# proof: leaves a file in /tmp
from PIL import Image
from torch import nn


class Net(nn.Module):
    def save(self, name):
        pass

    @property
    def keep(self):
        return self.save("/tmp/x.png")

    def predict_single(self, x):
        return Net.keep.fget(Image.new("L", (1, 1)))
