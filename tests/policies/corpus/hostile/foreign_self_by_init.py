# refused: CL507
# inert: it opens a file as a picture
import io

from PIL import Image
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__() if isinstance(self, Net) else None
        self.filename = "/etc/passwd"

    def predict_single(self, x):
        picture = Image.open(io.BytesIO(x))
        Net.__init__(picture)
        return picture.load()
