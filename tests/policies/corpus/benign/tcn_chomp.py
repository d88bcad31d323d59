# input: [[0.1, 0.2, 0.3, 0.4]]
import torch
import torch.nn as nn
from torch.nn.utils import weight_norm


class TCN(nn.Module):
    def __init__(self, num_inputs=1, num_channels=[4, 4], kernel_size=2, dropout=0.2):
        super(TCN, self).__init__()
        layers = []
        num_levels = len(num_channels)
        for i in range(num_levels):
            dilation_size = 2**i
            in_channels = num_inputs if i == 0 else num_channels[i - 1]
            out_channels = num_channels[i]
            layers += [
                weight_norm(nn.Conv1d(in_channels, out_channels, kernel_size, stride=1, padding=(kernel_size - 1) * dilation_size, dilation=dilation_size)),
                nn.ReLU(),
                nn.Dropout(dropout),
            ]
        self.network = nn.Sequential(*layers)
        self.init_weights()

    def init_weights(self):
        for m in self.network:
            if hasattr(m, "weight"):
                m.weight.data.normal_(0, 0.01)

    def forward(self, x):
        return self.network(x)

    def predict_single(self, x):
        return self.forward(torch.tensor(x).unsqueeze(0)).squeeze(0).tolist()
