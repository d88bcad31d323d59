"""Tells which language a text is in, from the three-letter pieces it is made of."""

import torch
from torch import nn

LANGUAGES = ("english", "french", "german", "spanish")
PIECES = 4096  # rows of the table; pieces that fall on the same row share it


def pieces(text: str) -> list[int]:
    """The row of every three letters in a row, the text's edges counted as spaces."""
    letters = " " + " ".join(text.lower().split()) + " "
    rows = [0]
    for i in range(len(letters) - 2):
        row = 0
        for letter in letters[i : i + 3]:
            row = (row * 131 + ord(letter)) % 1_000_003
        rows.append(row % PIECES)
    return rows


class LanguageGuesser(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table = nn.EmbeddingBag(PIECES, len(LANGUAGES), mode="mean")

    def forward(self, rows: torch.Tensor, offsets: torch.Tensor) -> torch.Tensor:
        """Logits (n, 4) for n texts, their rows one after the other and where each begins."""
        logits: torch.Tensor = self.table(rows, offsets)
        return logits

    @torch.inference_mode()
    def predict_single(self, x: str) -> dict[str, object]:
        """The likeliest language of a text, and how likely each is."""
        logits = self.forward(torch.tensor(pieces(x)), torch.tensor([0]))
        shares = torch.softmax(logits[0], dim=0).tolist()
        scores = {name: round(share, 4) for name, share in zip(LANGUAGES, shares, strict=True)}
        return {"language": max(scores, key=lambda name: scores[name]), "scores": scores}
