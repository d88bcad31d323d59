# refused: CL507
# proof: leaves a file in /tmp
from PIL import Image
from torch import nn


class Net(nn.Module):
    def save(self, name):
        return self.save(name)

    def predict_single(self, x):
        classes = [Net]
        classes[0].save(Image.new("L", (1, 1)), "/tmp/x.png")
