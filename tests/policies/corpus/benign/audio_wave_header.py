# input: b"RIFF" + (36 + 64).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little") + (1).to_bytes(2, "little") * 2 + (8000).to_bytes(4, "little") + (16000).to_bytes(4, "little") + (2).to_bytes(2, "little") + (16).to_bytes(2, "little") + b"data" + (64).to_bytes(4, "little") + bytes(range(64))
import struct
import io
import math
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


SAMPLE_RATE = 8_000
LABELS = {0: "yes", 1: "no", 2: "_silence_"}


def parse_wav(raw: bytes):
    riff, size, fourcc = struct.unpack_from("<4sI4s", raw)
    if riff != b"RIFF" or fourcc != b"WAVE":
        raise ValueError("not a wav file")
    pos, fmt, data = 12, None, None
    while pos + 8 <= len(raw):
        name, length = struct.unpack("<4sI", raw[pos : pos + 8])
        body = raw[pos + 8 : pos + 8 + length]
        if name == b"fmt ":
            fmt = struct.unpack("<HHIIHH", body[:16])
        elif name == b"data":
            data = body
        pos += 8 + length + (length & 1)
    assert fmt is not None and data is not None
    codec, channels, rate, _, _, bits = fmt
    samples = np.frombuffer(data, dtype="<i2").astype(np.float32) / 32768.0
    return samples.reshape(-1, channels).mean(axis=1), rate


def hz_to_mel(f):
    return 2595.0 * math.log10(1.0 + f / 700.0)


def mel_filterbank(n_mels, n_fft, sr):
    mels = np.linspace(0, hz_to_mel(sr / 2), n_mels + 2)
    freqs = 700 * (10 ** (mels / 2595) - 1)
    bins = np.floor((n_fft + 1) * freqs / sr).astype(int)
    fb = np.zeros((n_mels, n_fft // 2 + 1), dtype=np.float32)
    for m in range(1, n_mels + 1):
        left, center, right = bins[m - 1 : m + 2]
        for k in range(left, center):
            fb[m - 1, k] = (k - left) / max(center - left, 1)
        for k in range(center, right):
            fb[m - 1, k] = (right - k) / max(right - center, 1)
    return fb


class KeywordSpotter(nn.Module):
    n_fft, hop, n_mels = 16, 8, 4

    def __init__(self):
        super().__init__()
        self.register_buffer("window", torch.hann_window(self.n_fft), persistent=False)
        self.register_buffer("mel", torch.from_numpy(mel_filterbank(self.n_mels, self.n_fft, SAMPLE_RATE)))
        self.conv = nn.Sequential(nn.Conv1d(self.n_mels, 8, 3, padding=1), nn.BatchNorm1d(8), nn.ReLU())
        self.gru = nn.GRU(8, 8, batch_first=True)
        self.fc = nn.Linear(8, len(LABELS))

    def features(self, wav):
        spec = torch.stft(wav, self.n_fft, self.hop, window=self.window, center=True, pad_mode="reflect", return_complex=True).abs().pow(2)
        return torch.log(torch.clamp(self.mel @ spec, min=1e-6))

    def forward(self, wav):
        x = self.conv(self.features(wav)[None])
        _, h = self.gru(x.transpose(1, 2))
        return self.fc(h[-1])

    def predict_single(self, raw):
        wav, rate = parse_wav(raw)
        wav = torch.tensor(wav)
        if rate != SAMPLE_RATE:
            wav = F.interpolate(wav[None, None], size=int(len(wav) * SAMPLE_RATE / rate), mode="linear")[0, 0]
        scores = self(wav).softmax(-1)[0]
        return {LABELS[i]: round(s, 4) for i, s in enumerate(scores.tolist())}
