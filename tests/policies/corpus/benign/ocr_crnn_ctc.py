# input: png(48, 16)
import io
import string
from itertools import groupby

import numpy as np
from PIL import Image

import torch
import torch.nn as nn
import torch.nn.functional as F


ALPHABET = "-" + string.digits + string.ascii_lowercase
BLANK = 0


def ctc_greedy(path):
    return "".join(ALPHABET[k] for k, _ in groupby(path) if k != BLANK)


def ctc_beam(probs, width=5):
    beams = {"": (1.0, 0.0)}
    for t in range(probs.shape[0]):
        new = {}
        for prefix, (pb, pnb) in sorted(beams.items(), key=lambda kv: -sum(kv[1]))[:width]:
            for c in np.argsort(probs[t])[-width:]:
                p = float(probs[t, c])
                if c == BLANK:
                    b, nb = new.get(prefix, (0.0, 0.0))
                    new[prefix] = (b + (pb + pnb) * p, nb)
                else:
                    ext = prefix + ALPHABET[c]
                    b, nb = new.get(ext, (0.0, 0.0))
                    new[ext] = (b, nb + (pb if prefix.endswith(ALPHABET[c]) else pb + pnb) * p)
        beams = new
    return max(beams, key=lambda k: sum(beams[k]))


class CRNN(nn.Module):
    def __init__(self, nc=1, nclass=len(ALPHABET), nh=16, leakyRelu=False):
        super(CRNN, self).__init__()
        ks, ps, nm = [3, 3, 3], [1, 1, 1], [8, 16, 16]
        cnn = nn.Sequential()

        def convRelu(i, batchNormalization=False):
            nIn = nc if i == 0 else nm[i - 1]
            nOut = nm[i]
            cnn.add_module("conv{0}".format(i), nn.Conv2d(nIn, nOut, ks[i], 1, ps[i]))
            if batchNormalization:
                cnn.add_module("batchnorm{0}".format(i), nn.BatchNorm2d(nOut))
            if leakyRelu:
                cnn.add_module("relu{0}".format(i), nn.LeakyReLU(0.2, inplace=True))
            else:
                cnn.add_module("relu{0}".format(i), nn.ReLU(True))

        convRelu(0)
        cnn.add_module("pooling{0}".format(0), nn.MaxPool2d(2, 2))
        convRelu(1)
        cnn.add_module("pooling{0}".format(1), nn.MaxPool2d((2, 1), (2, 1)))
        convRelu(2, True)
        self.cnn = cnn
        self.pool = nn.AdaptiveAvgPool2d((1, None))
        self.rnn = nn.LSTM(nm[-1], nh, bidirectional=True)
        self.fc = nn.Linear(nh * 2, nclass)

    def forward(self, input):
        conv = self.pool(self.cnn(input))
        b, c, h, w = conv.size()
        assert h == 1, "the height of conv must be 1"
        conv = conv.squeeze(2).permute(2, 0, 1)
        recurrent, _ = self.rnn(conv)
        return F.log_softmax(self.fc(recurrent), dim=2)

    def predict_single(self, x):
        if isinstance(x, (bytes, bytearray, memoryview)):
            with Image.open(io.BytesIO(x)) as im:
                gray = im.convert("L").resize((48, 16), resample=Image.Resampling.BICUBIC)
        else:
            gray = Image.fromarray(np.array(x, dtype=np.uint8), mode="L")
        arr = (np.array(gray, dtype=np.float32) / 255.0 - 0.5) / 0.5
        logp = self(torch.from_numpy(arr)[None, None])
        probs = logp.exp()[:, 0].detach().numpy()
        return {"greedy": ctc_greedy(probs.argmax(-1).tolist()), "beam": ctc_beam(probs), "confidence": float(np.prod(probs.max(-1)))}
