"""The trained classifier: from the last run where nothing changed since, else trained now."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import train
from dataset import Split, splits
from model import DigitClassifier
from safetensors.torch import save_file

from demo_parts.errors import DemoStopped
from demo_parts.stage import success, tell

HERE = Path(__file__).resolve().parents[1]


def classifier(folder: Path) -> tuple[DigitClassifier, Split]:
    """The model and the digits it never saw; trains where ``folder`` holds no weights of these very sources."""
    training, held_out = splits()
    weights = folder / f"digits-{_sources()}.safetensors"
    if weights.exists():
        model = train.load(weights)
        tell(f"trained in an earlier run, weights in {weights}")
    else:
        tell(f"training on {len(training.labels)} digits …")
        started = time.monotonic()
        model = train.train(training)
        tell(f"trained in {time.monotonic() - started:.1f} s")
    _must_be_good(model, held_out)
    save_file(model.state_dict(), weights)
    return model, held_out


def _must_be_good(model: DigitClassifier, held_out: Split) -> None:
    reached = train.accuracy(model, held_out)
    if reached < train.WANTED_ACCURACY:
        raise DemoStopped(f"The model reached {reached:.1%}, less than {train.WANTED_ACCURACY:.0%}; is torch changed?")
    success(f"held-out accuracy: {reached:.1%} of {len(held_out.labels)} digits it never saw")


def _sources() -> str:
    digest = hashlib.sha256()
    for name in ("dataset.py", "model.py", "train.py"):
        digest.update((HERE / name).read_bytes())
    return digest.hexdigest()[:12]
