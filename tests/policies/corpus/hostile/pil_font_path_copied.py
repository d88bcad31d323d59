# refused: CL412
# inert: the copy opens the file and reads it as a font, which nothing leaves a trace of
import copy

from torch import nn
from PIL import ImageFont


class Net(nn.Module):
    def predict_single(self, x):
        font = ImageFont.load_default()
        font.path = "/usr/share/fonts/x.ttf"
        return copy.copy(font).getname()
