# input: {"text": "a quick brown fox", "top_k": 2}
from collections import namedtuple
from typing import Callable, ClassVar, Dict, Final, List, Literal, NamedTuple, Optional, Protocol, Tuple, TypedDict, Union

import torch
from torch import Tensor, nn

Request = TypedDict("Request", {"text": str, "top_k": int}, total=False)
Span = NamedTuple("Span", [("start", int), ("end", int)])
Scored = namedtuple("Scored", ["label", "score"], defaults=[0.0])
Pooling = Literal["mean", "max"]
Activation = Callable[[Tensor], Tensor]
Number = Union[int, float]


class Tagger(nn.Module):
    LABELS: ClassVar[Tuple[str, ...]] = ("noun", "verb", "other")
    pooling: Final[Pooling] = "mean"
    scale: Optional[Number] = None

    def __init__(self, activation: Activation = torch.tanh, width: int = 8) -> None:
        super().__init__()
        self.activation = activation
        self.embedding = nn.EmbeddingBag(128, width, mode=self.pooling)
        self.out = nn.Linear(width, len(self.LABELS))

    def spans(self, text: str) -> List[Span]:
        found: List[Span] = []
        start = 0
        for word in text.split(" "):
            found.append(Span(start, start + len(word)))
            start += len(word) + 1
        return found

    def predict_single(self, x: Request) -> List[Dict[str, object]]:
        text, top_k = x["text"], x.get("top_k", 1)
        answers: List[Dict[str, object]] = []
        for start, end in self.spans(text):
            codes = torch.tensor([[ord(c) % 128 for c in text[start:end]] or [0]])
            scores = torch.softmax(self.out(self.activation(self.embedding(codes)))[0], -1)
            ranked = sorted((Scored(label, score) for label, score in zip(self.LABELS, scores.tolist())), key=lambda s: s.score, reverse=True)
            answers.append({"span": [start, end], "labels": [each._asdict() for each in ranked[:top_k]]})
        return answers
