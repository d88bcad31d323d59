# refused: CL412
# inert: it needs an open file to read from, and a sandbox has none worth it
import io

from torch import nn
from PIL import Image


class Net(nn.Module):
    def predict_single(self, x):
        picture = Image.open(io.BytesIO(x))
        picture.tile = [("libtiff", (0, 0, 1, 1), 0, ("L", "raw", 3, 0))]
        return picture.tobytes()
