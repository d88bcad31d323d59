"""Train the language guesser and upload it: a second on one core.

python examples/text/train.py            train and say how good it is
python examples/text/train.py --upload   then upload it as "language"
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from corpus import SENTENCES
from model import LANGUAGES, LanguageGuesser, pieces
from torch import nn

from cloche.pytorch import upload_model

SEED = 7
EPOCHS = 60
EVERY = 6  # each sixth sentence of a language is held out
WANTED_ACCURACY = 0.85


def training() -> list[tuple[str, int]]:
    """Sentences to train on, with the number of their language."""
    return [(text, label) for i, text, label in _numbered() if i % EVERY]


def held_out() -> list[tuple[str, int]]:
    """Sentences the model never sees while it learns."""
    return [(text, label) for i, text, label in _numbered() if not i % EVERY]


def _numbered() -> list[tuple[int, str, int]]:
    return [(i, text, LANGUAGES.index(name)) for name, texts in SENTENCES.items() for i, text in enumerate(texts)]


def train() -> LanguageGuesser:
    """A guesser trained from scratch, ready to answer."""
    torch.manual_seed(SEED)
    model = LanguageGuesser()
    rows = [pieces(text) for text, _ in training()]
    labels = torch.tensor([label for _, label in training()])
    flat = torch.tensor([row for text in rows for row in text])
    offsets = torch.tensor([sum(len(text) for text in rows[:i]) for i in range(len(rows))])
    optimizer = torch.optim.Adam(model.parameters(), lr=0.2)
    for _ in range(EPOCHS):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(flat, offsets), labels).backward()
        optimizer.step()
    return model.eval()


def accuracy(model: LanguageGuesser) -> float:
    """The share of held-out sentences whose language it tells."""
    guesses = [model.predict_single(text)["language"] == LANGUAGES[label] for text, label in held_out()]
    return sum(guesses) / len(guesses)


def main() -> None:
    """Train, say how good it is, upload it if asked to."""
    model = train()
    reached = accuracy(model)
    print(f"held-out accuracy: {reached:.0%} of {len(held_out())} sentences it never saw")
    if reached < WANTED_ACCURACY:
        raise SystemExit(f"That is less than {WANTED_ACCURACY:.0%}.")
    if "--upload" in sys.argv[1:]:
        model_id, access_token = upload_model("language", model, Path(__file__).with_name("model.py"))
        print(f"model id      {model_id}")
        print(f"access token  {access_token}  (may run this model and nothing else)")


if __name__ == "__main__":
    main()
