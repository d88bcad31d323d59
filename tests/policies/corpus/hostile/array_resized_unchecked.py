# refused: CL414
# inert: what lies in the freed memory is chance
import numpy as np
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        array = np.zeros(100)
        view = array[:]
        array.resize(10**6, refcheck=False)
        return view.tolist()
