# input: png(28, 28)
# EasyTensor's image model: bytes in, a label out.
import io

import numpy
import torch
from PIL import Image
from torch import nn
import torch.nn.functional as F


class MNISTNet(nn.Module):
    classes = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]

    def __init__(self):
        super(MNISTNet, self).__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, 1)
        self.conv2 = nn.Conv2d(32, 64, 3, 1)
        self.dropout1 = nn.Dropout2d(0.25)
        self.dropout2 = nn.Dropout2d(0.5)
        self.fc1 = nn.Linear(9216, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x):
        x = self.conv1(x)
        x = F.relu(x)
        x = self.conv2(x)
        x = F.relu(x)
        x = F.max_pool2d(x, 2)
        x = self.dropout1(x)
        x = torch.flatten(x, 1)
        x = self.fc1(x)
        x = F.relu(x)
        x = self.dropout2(x)
        x = self.fc2(x)
        output = F.log_softmax(x, dim=1)
        return output

    def predict_single(self, input):
        image = Image.open(io.BytesIO(input)).convert("L")
        array = numpy.array(image).astype("float32") / 255
        batch = torch.unsqueeze(torch.unsqueeze(torch.tensor(array), 0), 0)
        self.eval()
        prediction = self(batch)
        return self.classes[prediction.argmax(dim=1)[0]]
