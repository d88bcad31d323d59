"""Train the digit classifier: a few seconds on two cores, the same weights for the same seed.

python examples/digits/train.py [FILE]   (the weights go to FILE, or beside this script)
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import torch
from dataset import SEED, Split, splits
from model import DigitClassifier
from safetensors.torch import load_file, save_file
from torch import nn

WEIGHTS = Path(__file__).with_name("digits.safetensors")
EPOCHS = 30
BATCH = 64
WANTED_ACCURACY = 0.97


def train(split: Split) -> DigitClassifier:
    """A network trained from scratch on ``split``, ready to answer."""
    torch.set_num_threads(1)  # so small a network gains little from more, and loses much where the cores are busy
    torch.manual_seed(SEED)
    model = DigitClassifier().train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=EPOCHS)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(split.labels)).split(BATCH):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(split.images[batch]), split.labels[batch])
            loss.backward()
            optimizer.step()
        schedule.step()
    return model.eval()


def accuracy(model: DigitClassifier, split: Split) -> float:
    """The share of ``split`` that the model reads correctly."""
    with torch.inference_mode():
        guesses = model(split.images).argmax(dim=1)
    return float((guesses == split.labels).float().mean())


def load(weights: Path = WEIGHTS) -> DigitClassifier:
    """The model with weights that were trained before."""
    model = DigitClassifier()
    model.load_state_dict(load_file(weights))
    return model.eval()


def main() -> None:
    """Train, say how good it is on digits it never saw, keep the weights."""
    started = time.monotonic()
    training, held_out = splits()
    model = train(training)
    reached = accuracy(model, held_out)
    seconds = time.monotonic() - started
    print(f"trained on {len(training.labels)} digits in {seconds:.1f} s")
    print(f"held-out accuracy: {reached:.1%} of {len(held_out.labels)} digits it never saw")
    if reached < WANTED_ACCURACY:
        raise SystemExit(f"That is less than {WANTED_ACCURACY:.0%}, so the weights were not kept.")
    weights = Path(sys.argv[1]) if len(sys.argv) > 1 else WEIGHTS
    save_file(model.state_dict(), weights)
    print(f"weights: {weights}")


if __name__ == "__main__":
    main()
