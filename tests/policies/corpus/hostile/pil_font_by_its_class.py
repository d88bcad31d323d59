# refused: CL412
# inert: it opens the file and reads it as a font, which nothing leaves a trace of
from torch import nn
from PIL import ImageFont


class Net(nn.Module):
    def predict_single(self, x):
        return type(ImageFont.load_default())("/usr/share/fonts/x.ttf", 10).getname()
