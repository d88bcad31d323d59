# refused: CL503
# inert: it gets hold of the object's own dictionary
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self._all_weights = None

    def predict_single(self, x):
        layer = nn.LSTM(1, 1)
        layer._all_weights = [["".join([chr(95) * 2, "dict", chr(95) * 2])]]
        return list(layer.all_weights[0][0])
