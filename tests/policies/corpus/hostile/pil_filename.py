# refused: CL504
# inert: it reads a file as a picture
import torch
from torch import nn
import io
from PIL import Image


class Net(nn.Module):
    def predict_single(self, x):
        picture = Image.open(io.BytesIO(x))
        picture.filename = "/etc/passwd"
        return picture.tobytes()
