# input: {"text": "one two three four five six seven", "max_tokens": 4, "overlap": 1}
import re
import textwrap
import warnings
import torch
from torch import nn

try:
    from typing import Self
except ImportError:
    Self = None

_word = re.compile(r"(?P<word>\w+)|(?P<other>[^\w\s])", re.UNICODE | re.IGNORECASE)


def chunks(tokens, size, overlap):
    if overlap >= size:
        raise ValueError(f"{overlap=} must be below {size=}")
    step = size - overlap
    for start in range(0, max(1, len(tokens) - overlap), step):
        yield start, tokens[start : start + size]


class Embedder(nn.Module):
    max_tokens, overlap = 128, 16

    def __init__(self, dim=6):
        super().__init__()
        self.register_buffer("_table", torch.randn(97, dim), persistent=True)
        self.proj = nn.Linear(dim, dim)
        self._cache = {}

    def _id(self, token):
        try:
            return self._cache[token]
        except KeyError:
            self._cache[token] = value = sum(ord(c) * 31**i for i, c in enumerate(token)) % len(self._table)
            return value

    def predict_single(self, x):
        text = textwrap.dedent(x["text"]).strip()
        tokens = [m["word"] or m["other"] for m in _word.finditer(text)]
        if not tokens:
            warnings.warn("empty text", RuntimeWarning, stacklevel=2)
            return []
        out = []
        for start, part in chunks(tokens, x.get("max_tokens", self.max_tokens), x.get("overlap", self.overlap)):
            vectors = self._table[[self._id(t.lower()) for t in part]]
            vector = nn.functional.normalize(self.proj(vectors).mean(0), dim=0)
            out.append({"start": start, "text": " ".join(part), "vector": [float(f"{v:.4f}") for v in vector]})
        return out
