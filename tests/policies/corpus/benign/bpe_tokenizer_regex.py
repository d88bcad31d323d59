# input: "Hello, hello world! It's 2024."
from __future__ import annotations

import functools
import re
from collections import Counter, defaultdict
from itertools import chain, pairwise

import torch
from torch import nn

PATTERN = re.compile(r"""'s|'t|'re|'ve|'m|'ll|'d| ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+|\s+(?!\S)|\s+""")
MERGES = """h e
l l
he ll
hell o
o r
w or
l d""".splitlines()


@functools.lru_cache(maxsize=None)
def bytes_to_unicode() -> dict[int, str]:
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("\xa1"), ord("\xac") + 1), *range(ord("\xae"), ord("\xff") + 1)]
    table, extra = {b: chr(b) for b in printable}, 0
    for b in range(256):
        if b not in table:
            table[b] = chr(256 + extra)
            extra += 1
    return table


def get_pairs(word: tuple[str, ...]) -> set[tuple[str, str]]:
    return set(pairwise(word))


class TextModel(nn.Module):
    def __init__(self, width: int = 8, classes: int = 2) -> None:
        super().__init__()
        self.ranks = {tuple(line.split()): rank for rank, line in enumerate(MERGES)}
        symbols = [*bytes_to_unicode().values(), *("".join(pair) for pair in self.ranks)]
        self.encoder = {s: i for i, s in enumerate(dict.fromkeys(symbols))}
        self.decoder = {i: s for s, i in self.encoder.items()}
        self.cache: dict[str, list[str]] = {}
        self.embedding = nn.Embedding(len(self.encoder), width)
        self.head = nn.Linear(width, classes)

    def bpe(self, token: str) -> list[str]:
        if (cached := self.cache.get(token)) is not None:
            return cached
        word = tuple(token)
        while len(word) > 1:
            bigram = min(get_pairs(word), key=lambda pair: self.ranks.get(pair, float("inf")))
            if bigram not in self.ranks:
                break
            merged, i = [], 0
            while i < len(word):
                if i < len(word) - 1 and (word[i], word[i + 1]) == bigram:
                    merged.append("".join(bigram))
                    i += 2
                else:
                    merged.append(word[i])
                    i += 1
            word = tuple(merged)
        self.cache[token] = list(word)
        return self.cache[token]

    def tokenize(self, text: str) -> list[str]:
        table = bytes_to_unicode()
        words = ("".join(table[b] for b in match.group().encode("utf-8")) for match in PATTERN.finditer(text.lower()))
        return list(chain.from_iterable(map(self.bpe, words)))

    def predict_single(self, x: str):
        tokens = self.tokenize(x)
        ids = [self.encoder[t] for t in tokens]
        counts = Counter(tokens).most_common(2)
        groups = defaultdict(list)
        for token in tokens:
            groups[len(token)].append(token)
        logits = self.head(self.embedding(torch.tensor(ids)).mean(0))
        return {"ids": ids, "logits": logits.tolist(), "common": counts, "lengths": {str(k): len(v) for k, v in sorted(groups.items())}}
