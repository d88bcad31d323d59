# input: __import__("wave") and (lambda f: (lambda w: (w.setnchannels(1), w.setsampwidth(2), w.setframerate(8000), w.writeframes(b"\x01\x02" * 4000), w.close(), f.getvalue())[-1])(__import__("wave").open(f, "wb")))(__import__("io").BytesIO())
import struct

import torch
from torch import nn
from torch.nn import functional as F


class KeywordSpotter(nn.Module):
    sample_rate = 8000

    def __init__(self, n_fft=256, hop_length=128, n_classes=4):
        super().__init__()
        self.n_fft, self.hop_length = n_fft, hop_length
        self.register_buffer("window", torch.hann_window(n_fft))
        self.net = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(128, n_classes))

    @staticmethod
    def read_wav(data: bytes):
        if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
            raise ValueError("not a WAV file")
        position, fmt, samples = 12, None, b""
        while position + 8 <= len(data):
            chunk, size = struct.unpack_from("<4sI", data, position)
            body = data[position + 8 : position + 8 + size]
            if chunk == b"fmt ":
                fmt = struct.unpack_from("<HHIIHH", body)
            elif chunk == b"data":
                samples = body
            position += 8 + size + (size & 1)
        assert fmt is not None, "no fmt chunk"
        count = len(samples) // 2
        values = struct.unpack(f"<{count}h", samples[: 2 * count])
        return torch.tensor(values, dtype=torch.float32) / 32768.0, fmt[2]

    def forward(self, wave):
        spec = torch.stft(wave, self.n_fft, self.hop_length, window=self.window, return_complex=True)
        power = spec.real**2 + spec.imag**2
        db = 10.0 * torch.log10(torch.clamp(power, min=1e-10))
        db = torch.maximum(db, db.amax() - 80.0)
        return self.net(db[:, None])

    def predict_single(self, x):
        wave, rate = self.read_wav(x)
        if rate != self.sample_rate:
            wave = F.interpolate(wave[None, None], scale_factor=self.sample_rate / rate, mode="linear")[0, 0]
        return F.softmax(self(wave[None]), dim=-1).squeeze(0).tolist()
