# refused: CL401
# proof: leaves a file in /tmp
from torch import nn
from PIL import Image


class Net(nn.Module):
    def predict_single(self, x):
        getattr(Image.new("L", (1, 1)), "save")("/tmp/x.png")
