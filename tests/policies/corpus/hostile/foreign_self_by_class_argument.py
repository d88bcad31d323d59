# refused: CL507
# proof: leaves a file in /tmp
from PIL import Image
from torch import nn


class Net(nn.Module):
    def keep(self):
        return self.save("/tmp/x.png")

    def save(self, name):
        pass

    @classmethod
    def go(cls):
        cls.keep(Image.new("L", (1, 1)))

    def predict_single(self, x):
        self.go()
