# input: "Hello world 123"
import re
from functools import lru_cache
import base64
import json
import zlib
import torch
import torch.nn as nn
import torch.nn.functional as F


MERGES = """h e
l l
o w
he ll
hell o"""
PACKED = base64.b85encode(zlib.compress(json.dumps({"a": 1}).encode("utf-8")))
PAT = re.compile(r"""'s|'t|'re|'ve|'m|'ll|'d| ?[a-zA-Z]+| ?[0-9]+| ?[^\sa-zA-Z0-9]+|\s+(?!\S)|\s+""")


@lru_cache()
def bytes_to_unicode():
    bs = list(range(ord("!"), ord("~") + 1)) + list(range(ord("¡"), ord("¬") + 1)) + list(range(ord("®"), ord("ÿ") + 1))
    cs = bs[:]
    n = 0
    for b in range(2 ** 8):
        if b not in bs:
            bs.append(b)
            cs.append(2 ** 8 + n)
            n += 1
    cs = [chr(n) for n in cs]
    return dict(zip(bs, cs))


def get_pairs(word):
    """Return set of symbol pairs in a word."""
    return set(zip(word[:-1], word[1:]))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.byte_encoder = bytes_to_unicode()
        self.byte_decoder = {v: k for k, v in self.byte_encoder.items()}
        merges = [tuple(line.split()) for line in MERGES.split("\n")]
        self.bpe_ranks = dict(zip(merges, range(len(merges))))
        vocab = list(self.byte_encoder.values()) + ["".join(m) for m in merges]
        self.encoder = {v: i for i, v in enumerate(vocab)}
        self.decoder = {v: k for k, v in self.encoder.items()}
        self.cache = {}
        self.extra = json.loads(zlib.decompress(base64.b85decode(PACKED)).decode())
        self.emb = nn.EmbeddingBag(len(vocab), 16, mode="mean")
        self.out = nn.Linear(16, 2)

    def bpe(self, token):
        if token in self.cache:
            return self.cache[token]
        word = tuple(token)
        pairs = get_pairs(word)
        while pairs:
            bigram = min(pairs, key=lambda pair: self.bpe_ranks.get(pair, float("inf")))
            if bigram not in self.bpe_ranks:
                break
            first, second = bigram
            new_word, i = [], 0
            while i < len(word):
                try:
                    j = word.index(first, i)
                except ValueError:
                    new_word.extend(word[i:])
                    break
                else:
                    new_word.extend(word[i:j])
                    i = j
                if word[i] == first and i < len(word) - 1 and word[i + 1] == second:
                    new_word.append(first + second)
                    i += 2
                else:
                    new_word.append(word[i])
                    i += 1
            word = tuple(new_word)
            if len(word) == 1:
                break
            pairs = get_pairs(word)
        self.cache[token] = word
        return word

    def encode(self, text):
        bpe_idx = []
        for token in re.findall(PAT, text):
            token_bytes = token.encode("utf-8")
            token_translated = "".join(self.byte_encoder[b] for b in token_bytes)
            bpe_idx.extend(self.encoder[t] for t in self.bpe(token_translated))
        return bpe_idx

    def decode(self, ids):
        text = "".join(self.decoder[i] for i in ids)
        return bytearray([self.byte_decoder[c] for c in text]).decode("utf-8", errors="replace")

    def predict_single(self, text):
        ids = self.encode(text)
        assert self.decode(ids) == text
        logits = self.out(self.emb(torch.tensor(ids), offsets=torch.tensor([0])))
        return {"ids": ids, "label": int(logits.argmax())}
