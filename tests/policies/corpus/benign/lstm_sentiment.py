# input: "what a lovely, lovely day"
import re
import string
from collections import Counter, defaultdict
from typing import Dict, List, Optional, Tuple

import torch
import torch.nn as nn

PAD, UNK = 0, 1
VOCAB: Dict[str, int] = defaultdict(lambda: UNK, {w: i + 2 for i, w in enumerate("a an the day lovely bad good movie".split())})
TOKEN = re.compile(r"[a-z']+")


def tokenize(text: str) -> List[str]:
    text = text.lower().translate(str.maketrans("", "", string.punctuation))
    return TOKEN.findall(text)


class Sentiment(nn.Module):
    def __init__(self, vocab_size: int = 64, embed: int = 16, hidden: int = 32, num_layers: int = 2, bidirectional: bool = True):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embed, padding_idx=PAD)
        self.lstm = nn.LSTM(embed, hidden, num_layers, batch_first=True, bidirectional=bidirectional, dropout=0.2)
        self.fc = nn.Linear(hidden * (2 if bidirectional else 1), 1)
        self._hidden: Optional[Tuple[torch.Tensor, torch.Tensor]] = None

    def forward(self, input, lengths=None):
        embedded = self.embedding(input)
        if lengths is not None:
            packed = nn.utils.rnn.pack_padded_sequence(embedded, lengths, batch_first=True, enforce_sorted=False)
            output, (hidden, cell) = self.lstm(packed)
            output, _ = nn.utils.rnn.pad_packed_sequence(output, batch_first=True)
        else:
            output, (hidden, cell) = self.lstm(embedded)
        self._hidden = (hidden, cell)
        return torch.sigmoid(self.fc(torch.cat((hidden[-2], hidden[-1]), dim=1)))

    def predict_single(self, x):
        tokens = tokenize(x)
        if not tokens:
            raise ValueError("The text is empty: {!r}".format(x))
        ids = torch.LongTensor([[VOCAB[t] for t in tokens]])
        score = self.forward(ids, torch.tensor([ids.size(1)])).squeeze().item()
        return {"score": score, "label": "positive" if score > 0.5 else "negative", "counts": dict(Counter(tokens).most_common(3))}
