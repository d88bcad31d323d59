# input: "The quick brown fox"
import logging
import re
import string
import unicodedata
from collections import OrderedDict
from typing import Any, Dict, List, Optional, Tuple, Union

import torch
from torch import Tensor, nn

logger = logging.getLogger(__name__)

ACT2FN = {"relu": nn.functional.relu, "gelu": nn.functional.gelu, "silu": nn.functional.silu, "tanh": torch.tanh}
SPECIAL_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
VOCAB = SPECIAL_TOKENS + list(string.ascii_lowercase) + ["##" + c for c in string.ascii_lowercase] + ["the", "quick", "##own"]
PUNCT = re.compile(r"([%s])" % re.escape(string.punctuation))


def load_vocab(tokens):
    vocab = OrderedDict()
    for index, token in enumerate(tokens):
        vocab[token.rstrip("\n")] = index
    return vocab


def strip_accents(text: str) -> str:
    text = unicodedata.normalize("NFD", text)
    return "".join(ch for ch in text if unicodedata.category(ch) != "Mn")


def wordpiece(word, vocab, unk="[UNK]", max_chars=100):
    if len(word) > max_chars:
        return [unk]
    start, out = 0, []
    while start < len(word):
        end = len(word)
        cur = None
        while start < end:
            sub = word[start:end]
            if start > 0:
                sub = "##" + sub
            if sub in vocab:
                cur = sub
                break
            end -= 1
        if cur is None:
            return [unk]
        out.append(cur)
        start = end
    return out


class BertForSequenceClassification(nn.Module):
    config: Dict[str, Any] = {
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 64,
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-12,
        "max_position_embeddings": 64,
        "id2label": {0: "NEGATIVE", 1: "POSITIVE"},
    }

    def __init__(self, **kwargs):
        super().__init__()
        cfg = {**self.config, **kwargs}
        h = cfg["hidden_size"]
        self.vocab = load_vocab(VOCAB)
        self.word_embeddings = nn.Embedding(len(self.vocab), h, padding_idx=0)
        self.position_embeddings = nn.Embedding(cfg["max_position_embeddings"], h)
        self.token_type_embeddings = nn.Embedding(2, h)
        self.LayerNorm = nn.LayerNorm(h, eps=cfg["layer_norm_eps"])
        self.encoder = nn.ModuleList()
        for layer_idx in range(cfg["num_hidden_layers"]):
            self.encoder.append(
                nn.ModuleDict(
                    {
                        "query": nn.Linear(h, h),
                        "key": nn.Linear(h, h),
                        "value": nn.Linear(h, h),
                        "out": nn.Linear(h, h),
                        "norm1": nn.LayerNorm(h),
                        "inter": nn.Linear(h, cfg["intermediate_size"]),
                        "output": nn.Linear(cfg["intermediate_size"], h),
                        "norm2": nn.LayerNorm(h),
                    }
                )
            )
        self.pooler = nn.Sequential(nn.Linear(h, h), nn.Tanh())
        self.classifier = nn.Linear(h, len(cfg["id2label"]))
        self.act = ACT2FN[cfg["hidden_act"]]
        self.heads = cfg["num_attention_heads"]
        self.register_buffer("position_ids", torch.arange(cfg["max_position_embeddings"]).expand((1, -1)), persistent=False)

    @property
    def device(self) -> torch.device:
        return next(self.parameters()).device

    @property
    def dtype(self):
        return next(iter(self.parameters())).dtype

    def get_extended_attention_mask(self, attention_mask: Tensor) -> Tensor:
        extended = attention_mask[:, None, None, :].to(dtype=self.dtype)
        return (1.0 - extended) * torch.finfo(self.dtype).min

    def transpose_for_scores(self, x: Tensor) -> Tensor:
        new_shape = x.size()[:-1] + (self.heads, x.size(-1) // self.heads)
        return x.view(*new_shape).permute(0, 2, 1, 3)

    def forward(self, input_ids: Optional[Tensor] = None, attention_mask: Optional[Tensor] = None, token_type_ids: Optional[Tensor] = None, return_dict: bool = True) -> Union[Tuple, Dict[str, Tensor]]:
        if input_ids is None:
            raise ValueError("You have to specify input_ids")
        if attention_mask is None:
            attention_mask = torch.ones_like(input_ids)
        if token_type_ids is None:
            token_type_ids = torch.zeros_like(input_ids)
        L = input_ids.shape[1]
        x = self.word_embeddings(input_ids) + self.position_embeddings(self.position_ids[:, :L]) + self.token_type_embeddings(token_type_ids)
        x = self.LayerNorm(x)
        mask = self.get_extended_attention_mask(attention_mask)
        for layer in self.encoder:
            q, k, v = map(self.transpose_for_scores, (layer["query"](x), layer["key"](x), layer["value"](x)))
            scores = q @ k.transpose(-1, -2) / (q.size(-1) ** 0.5) + mask
            ctx = (scores.softmax(dim=-1) @ v).permute(0, 2, 1, 3).contiguous()
            ctx = ctx.view(ctx.size(0), ctx.size(1), -1)
            x = layer["norm1"](x + layer["out"](ctx))
            x = layer["norm2"](x + layer["output"](self.act(layer["inter"](x))))
        logits = self.classifier(self.pooler(x[:, 0]))
        if not return_dict:
            return (logits,)
        return {"logits": logits, "last_hidden_state": x}

    def tokenize(self, text: str) -> List[int]:
        text = strip_accents(text.lower().strip())
        words = PUNCT.sub(r" \1 ", text).split()
        tokens = ["[CLS]"] + [t for w in words for t in wordpiece(w, self.vocab)] + ["[SEP]"]
        logger.debug("tokens: %s", tokens)
        return [self.vocab.get(t, self.vocab["[UNK]"]) for t in tokens]

    @torch.no_grad()
    def predict_single(self, text: str) -> Dict[str, Union[str, float]]:
        self.eval()
        input_ids = torch.tensor(self.tokenize(text), device=self.device).unsqueeze(0)
        out = self(input_ids=input_ids)
        probs = out["logits"].softmax(-1).squeeze(0)
        label = self.config["id2label"][probs.argmax().item()]
        logger.info(f"{text[:20]!r} -> {label} ({probs.max():.2%})")
        return {"label": label, "score": float(probs.max())}
