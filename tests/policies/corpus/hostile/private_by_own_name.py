# refused: CL503
# proof: leaves a file in /tmp
from PIL import Image
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self._dump = None

    def predict_single(self, x):
        return Image.new("L", (1, 1))._dump("/tmp/x.ppm")
