# refused: CL507
# proof: leaves a file in /tmp
from PIL import Image
from torch import nn


class Net(nn.Module):
    def save(self, name):
        pass

    def keep(self):
        return self.save("/tmp/x.png")

    open_keep = staticmethod(keep)

    def predict_single(self, x):
        return self.open_keep(Image.new("L", (1, 1)))
