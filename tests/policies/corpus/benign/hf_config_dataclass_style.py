# input: [[1, 5, 7, 2], [1, 9, 2, 0]]
from __future__ import annotations

import logging
from dataclasses import dataclass, field, asdict, fields
from typing import Any

import torch
from torch import nn

logger = logging.getLogger(__name__)


class BertLikeForClassification(nn.Module):
    config_defaults = {"vocab_size": 30, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4, "layer_norm_eps": 1e-12, "hidden_dropout_prob": 0.1, "num_labels": 3}

    def __init__(self, config: dict[str, Any] | None = None) -> None:
        super().__init__()
        config = {**self.config_defaults, **(config or {})}
        self.config = config
        width = config["hidden_size"]
        self.word_embeddings = nn.Embedding(config["vocab_size"], width, padding_idx=0)
        self.position_embeddings = nn.Embedding(64, width)
        self.LayerNorm = nn.LayerNorm(width, eps=config["layer_norm_eps"])
        self.dropout = nn.Dropout(config["hidden_dropout_prob"])
        self.layer = nn.ModuleList(
            nn.TransformerEncoderLayer(width, config["num_attention_heads"], 4 * width, batch_first=True, activation="gelu")
            for _ in range(config["num_hidden_layers"])
        )
        self.pooler = nn.Sequential(nn.Linear(width, width), nn.Tanh())
        self.classifier = nn.Linear(width, config["num_labels"])
        self.register_buffer("position_ids", torch.arange(64).expand((1, -1)), persistent=False)
        self.post_init()

    def post_init(self) -> None:
        self.apply(self._init_weights)

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, (nn.Linear, nn.Embedding)):
            module.weight.data.normal_(mean=0.0, std=0.02)
        if isinstance(module, nn.Linear) and module.bias is not None:
            module.bias.data.zero_()

    def forward(self, input_ids: torch.LongTensor, attention_mask: torch.Tensor | None = None) -> dict[str, torch.Tensor]:
        if attention_mask is None:
            attention_mask = input_ids.ne(0)
        hidden = self.word_embeddings(input_ids) + self.position_embeddings(self.position_ids[:, : input_ids.shape[1]])
        hidden = self.dropout(self.LayerNorm(hidden))
        all_hidden_states = ()
        for block in self.layer:
            all_hidden_states += (hidden,)
            hidden = block(hidden, src_key_padding_mask=~attention_mask)
        return {"logits": self.classifier(self.pooler(hidden[:, 0])), "hidden_states": all_hidden_states}

    @torch.no_grad()
    def predict_single(self, x):
        self.eval()
        out = self(torch.as_tensor(x, dtype=torch.long))
        logger.debug("layers: %s", len(out["hidden_states"]))
        return out["logits"].softmax(-1).tolist()
