# refused: CL404
# proof: leaves a file in /tmp
from PIL import Image
from torch import nn


class Net(nn.Module):
    @staticmethod
    def keep(self):
        return self.save("/tmp/x.png")

    def save(self, name):
        pass

    def predict_single(self, x):
        self.keep(Image.new("L", (1, 1)))
