"""scikit-learn's handwritten digits, split the same way each time."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

SEED = 7
INK = 16.0  # the brightest pixel of the data set


@dataclass(frozen=True, slots=True)
class Split:
    """Images (n, 1, 8, 8) with pixels from 0 to 1, and their labels (n,)."""

    images: torch.Tensor
    labels: torch.Tensor


def splits() -> tuple[Split, Split]:
    """Four fifths to train on, one fifth held out, each digit in both in the same proportion."""
    images, labels = load_digits(return_X_y=True)
    parts = train_test_split(images, labels, test_size=0.2, random_state=SEED, stratify=labels)
    train_images, held_images, train_labels, held_labels = parts
    return _split(train_images, train_labels), _split(held_images, held_labels)


def png(image: torch.Tensor, *, side: int = 64) -> bytes:
    """An image (1, 8, 8) as the bytes of a square grayscale PNG, scaled up without smoothing."""
    pixels = (image.squeeze(0) * 255).round().to(torch.uint8)
    picture = Image.fromarray(pixels.numpy()).resize((side, side), Image.Resampling.NEAREST)
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    return buffer.getvalue()


def _split(images: NDArray[np.float64], labels: NDArray[np.int64]) -> Split:
    pixels = torch.tensor(images, dtype=torch.float32).reshape(-1, 1, 8, 8) / INK
    return Split(images=pixels, labels=torch.tensor(labels))
