# input: [1, 0]
import heapq
import math
from collections import namedtuple

import torch
import torch.nn as nn

Hypothesis = namedtuple("Hypothesis", ["score", "tokens", "state"])
BOS, EOS = 0, 1


class Decoder(nn.Module):
    def __init__(self, vocab=6, dim=8, beam=2, max_len=4):
        super().__init__()
        self.embed = nn.Embedding(vocab, dim)
        self.cell = nn.GRUCell(dim, dim)
        self.out = nn.Linear(dim, vocab)
        self.beam, self.max_len = beam, max_len

    def step(self, token, state):
        state = self.cell(self.embed(torch.tensor([token])), state)
        return self.out(state).log_softmax(-1)[0], state

    def generate(self, state):
        beams = [Hypothesis(0.0, [BOS], state)]
        finished = []
        for t in range(self.max_len):
            candidates = []
            for hyp in beams:
                logp, new_state = self.step(hyp.tokens[-1], hyp.state)
                top = logp.topk(self.beam)
                for s, i in zip(top.values.tolist(), top.indices.tolist()):
                    candidates.append(Hypothesis(hyp.score + s, hyp.tokens + [i], new_state))
            beams = heapq.nlargest(self.beam, candidates, key=lambda h: h.score)
            finished.extend(h for h in beams if h.tokens[-1] == EOS)
            beams = [h for h in beams if h.tokens[-1] != EOS]
            if not beams:
                break
        return sorted(finished + beams, key=lambda h: h.score / math.sqrt(len(h.tokens)), reverse=True)[0]

    @torch.no_grad()
    def predict_single(self, x):
        state = torch.zeros(1, 8)
        for token in x:
            _, state = self.step(token, state)
        best = self.generate(state)
        return {"tokens": best.tokens, "score": best.score, **{k: v for k, v in best._asdict().items() if k == "score"}}
