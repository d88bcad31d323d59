# input: __import__("base64").b64encode(bytes(range(256)) * 32).decode()
"""Speech to text: 16 kHz mono PCM in base64 in, words with times out.

A convolutional front end, a small conformer and CTC; the greedy path and a prefix beam search decode it.
"""
from __future__ import annotations

import base64
import logging
import math
from collections import defaultdict
from typing import Any, Final, Literal, Optional

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

logger = logging.getLogger(__name__)

SAMPLE_RATE: Final[int] = 16_000
WINDOW = 400
HOP = 160
MELS = 40
BLANK = 0
ALPHABET = "_ abcdefghijklmnopqrstuvwxyz'"
SYMBOLS: dict[int, str] = dict(enumerate(ALPHABET))

Decoder = Literal["greedy", "beam"]


def hz_to_mel(frequency: float) -> float:
    return 2595.0 * math.log10(1.0 + frequency / 700.0)


def mel_to_hz(mel: float) -> float:
    return 700.0 * (10.0 ** (mel / 2595.0) - 1.0)


def mel_filters(mels: int = MELS, bins: int = WINDOW // 2 + 1) -> torch.Tensor:
    """Triangles, evenly spaced on the mel scale: (mels, bins)."""
    low, high = hz_to_mel(20.0), hz_to_mel(SAMPLE_RATE / 2)
    points = [mel_to_hz(low + (high - low) * i / (mels + 1)) for i in range(mels + 2)]
    edges = [math.floor((WINDOW + 1) * point / SAMPLE_RATE) for point in points]
    bank = np.zeros((mels, bins), dtype=np.float32)
    for row, (left, centre, right) in enumerate(zip(edges, edges[1:], edges[2:])):
        for column in range(left, centre):
            bank[row, column] = (column - left) / max(1, centre - left)
        for column in range(centre, min(right, bins)):
            bank[row, column] = (right - column) / max(1, right - centre)
    return torch.from_numpy(bank)


def feed_forward(width: int, expansion: int = 4, dropout: float = 0.1) -> nn.Sequential:
    return nn.Sequential(
        nn.LayerNorm(width),
        nn.Linear(width, width * expansion),
        nn.SiLU(),
        nn.Dropout(dropout),
        nn.Linear(width * expansion, width),
        nn.Dropout(dropout),
    )


def convolution(width: int, kernel: int = 15) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv1d(width, 2 * width, 1),
        nn.GLU(dim=1),
        nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width),
        nn.BatchNorm1d(width),
        nn.SiLU(),
        nn.Conv1d(width, width, 1),
    )


def block(width: int, heads: int) -> nn.ModuleDict:
    """One conformer block; how its parts are put together stands in the model."""
    return nn.ModuleDict(
        {
            "before": feed_forward(width),
            "norm": nn.LayerNorm(width),
            "attention": nn.MultiheadAttention(width, heads, batch_first=True),
            "convolution": convolution(width),
            "after": feed_forward(width),
            "last": nn.LayerNorm(width),
        }
    )


def merge(*logs: float) -> float:
    """log(sum(exp(x))) of a few numbers."""
    top = max(logs)
    return top if math.isinf(top) else top + math.log(sum(math.exp(each - top) for each in logs))


class Recogniser(nn.Module):
    """Conformer with CTC."""

    filters: torch.Tensor
    window: torch.Tensor

    def __init__(self, width: int = 32, heads: int = 4, depth: int = 2, decoder: Decoder = "beam") -> None:
        super().__init__()
        self.width = width
        self.decoder: Decoder = decoder
        self.register_buffer("filters", mel_filters(), persistent=False)
        self.register_buffer("window", torch.hann_window(WINDOW), persistent=False)
        self.front = nn.Sequential(
            nn.Conv2d(1, 8, 3, stride=2, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(8, 8, 3, stride=2, padding=1),
            nn.ReLU(inplace=True),
        )
        self.project = nn.Linear(8 * (MELS // 4), width)
        self.blocks = nn.ModuleList([block(width, heads) for _ in range(depth)])
        self.head = nn.Linear(width, len(ALPHABET))
        self.apply(self._init_weights)

    @staticmethod
    def _init_weights(module: nn.Module) -> None:
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)

    @property
    def frame_seconds(self) -> float:
        return 4 * HOP / SAMPLE_RATE

    def positions(self, length: int, device: Optional[torch.device] = None) -> torch.Tensor:
        at = torch.arange(length, device=device, dtype=torch.float32)[:, None]
        scale = torch.exp(torch.arange(0, self.width, 2, device=device) * (-math.log(10_000.0) / self.width))
        table = torch.zeros(length, self.width, device=device)
        table[:, 0::2], table[:, 1::2] = torch.sin(at * scale), torch.cos(at * scale)
        return table

    def features(self, samples: torch.Tensor) -> torch.Tensor:
        spectrum = torch.stft(samples, WINDOW, HOP, window=self.window, return_complex=True)
        mel = self.filters @ spectrum.abs().pow(2)
        return (mel.clamp_min(1e-6).log() + 4.0) / 4.0

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        x = self.front(features[:, None])
        x = self.project(x.flatten(1, 2).transpose(1, 2))
        x = x + self.positions(x.shape[1], x.device)
        for part in self.blocks:
            x = x + 0.5 * part["before"](x)
            y = part["norm"](x)
            attended, _ = part["attention"](y, y, y, need_weights=False)
            x = x + attended
            x = x + part["convolution"](x.transpose(1, 2)).transpose(1, 2)
            x = part["last"](x + 0.5 * part["after"](x))
        return F.log_softmax(self.head(x), dim=-1)

    def greedy(self, logs: torch.Tensor) -> list[tuple[str, int]]:
        found, before = [], BLANK
        for frame, symbol in enumerate(logs.argmax(-1).tolist()):
            if symbol not in (BLANK, before):
                found.append((SYMBOLS[symbol], frame))
            before = symbol
        return found

    def beam(self, logs: torch.Tensor, beams: int = 4) -> str:
        """Prefix beam search; each prefix keeps the log probability of ending in a blank, and of not."""
        table: dict[tuple[int, ...], tuple[float, float]] = {(): (0.0, -math.inf)}
        for row in logs.tolist():
            grown: dict[tuple[int, ...], list[float]] = defaultdict(lambda: [-math.inf, -math.inf])
            for prefix, (blank, other) in table.items():
                for symbol, log in enumerate(row):
                    if symbol == BLANK:
                        grown[prefix][0] = merge(grown[prefix][0], blank + log, other + log)
                        continue
                    longer = (*prefix, symbol)
                    if prefix and prefix[-1] == symbol:
                        grown[longer][1] = merge(grown[longer][1], blank + log)
                        grown[prefix][1] = merge(grown[prefix][1], other + log)
                    else:
                        grown[longer][1] = merge(grown[longer][1], blank + log, other + log)
            best = sorted(grown.items(), key=lambda item: merge(*item[1]), reverse=True)[:beams]
            table = {prefix: (scores[0], scores[1]) for prefix, scores in best}
        return "".join(SYMBOLS[symbol] for symbol in max(table, key=lambda prefix: merge(*table[prefix])))

    @torch.inference_mode()
    def predict_single(self, x: str) -> dict[str, Any]:
        samples = np.frombuffer(base64.b64decode(x), dtype="<i2").astype(np.float32) / 32768.0
        if samples.size < WINDOW:
            raise ValueError(f"at least {WINDOW} samples are needed, there are {samples.size}")
        logs = self(self.features(torch.from_numpy(samples.copy()))[None])[0]
        logger.debug("%d frames", len(logs))
        letters = self.greedy(logs)
        return {
            "text": self.beam(logs) if self.decoder == "beam" else "".join(letter for letter, _ in letters),
            "times": [{"letter": letter, "at": round(frame * self.frame_seconds, 2)} for letter, frame in letters],
            "seconds": round(len(samples) / SAMPLE_RATE, 3),
        }

    def predict_batch(self, xs: list[str]) -> list[dict[str, Any]]:
        answers = [self.predict_single(x) for x in xs]
        logger.info("%d recordings", len(answers))
        return answers
