# input: ["yes", "no", "not sure"]
import torch
from torch import nn
from typing import Any, Dict, Iterable, Iterator, List, Optional

END = object()


class TrieDecoder(nn.Module):
    def __init__(self, hidden: int = 8):
        super().__init__()
        self.embed = nn.Embedding(128, hidden)
        self.cell = nn.LSTMCell(hidden, hidden)
        self.out = nn.Linear(hidden, 128)

    @staticmethod
    def build(options: Iterable[str]) -> Dict[Any, Any]:
        root: Dict[Any, Any] = {}
        for option in options:
            node = root
            for ch in option:
                node = node.setdefault(ord(ch) & 127, {})
            node[END] = True
        return root

    def step(self, token: int, state):
        h, c = self.cell(self.embed(torch.tensor([token])), state)
        return self.out(h)[0].log_softmax(-1), (h, c)

    def search(self, node, token, state, score=0.0, path=()):
        if END in node:
            yield score / max(1, len(path)), "".join(map(chr, path))
        logp, state = self.step(token, state)
        for nxt in sorted(k for k in node if k is not END):
            yield from self.search(node[nxt], nxt, state, score + logp[nxt].item(), (*path, nxt))

    def predict_single(self, x: List[str]) -> Optional[Dict[str, float]]:
        if not x:
            return None
        with torch.inference_mode():
            ranked = sorted(self.search(self.build(x), 0, None), reverse=True)
        best, *_rest = ranked
        return {"best": best[1], "scores": {text: score for score, text in ranked}}
