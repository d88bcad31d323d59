# input: bytes(range(64))
import struct

import torch
from torch import nn
from torch.nn.utils import weight_norm
from torch.nn.utils.parametrizations import weight_norm as new_weight_norm


class Chomp(nn.Module):
    def __init__(self, channels=(1, 8, 8), kernel_size=3):
        super(Chomp, self).__init__()
        self.convs = nn.ModuleList()
        for i, (c_in, c_out) in enumerate(zip(channels, channels[1:])):
            dilation = 2**i
            conv = nn.Conv1d(c_in, c_out, kernel_size, padding=(kernel_size - 1) * dilation, dilation=dilation)
            self.convs.append(new_weight_norm(conv) if i else conv)
        self.chomps = [(kernel_size - 1) * 2**i for i in range(len(channels) - 1)]
        self.window = nn.Parameter(torch.hann_window(16), requires_grad=False)

    def forward(self, x):
        for conv, chomp in zip(self.convs, self.chomps):
            x = torch.relu(conv(x)[:, :, :-chomp].contiguous())
        return x

    @torch.no_grad()
    def predict_single(self, x: bytes) -> dict:
        samples = struct.unpack("<%dh" % (len(x) // 2), x)
        wave = torch.tensor(samples, dtype=torch.float32) / 32768.0
        also = torch.frombuffer(bytearray(x), dtype=torch.int16).float() / 32768.0
        assert torch.allclose(wave, also)
        spectrum = torch.stft(wave, 16, hop_length=8, window=self.window, return_complex=True).abs()
        return {"energy": spectrum.pow(2).sum().item(), "features": self(wave[None, None]).mean(-1)[0].tolist()}
