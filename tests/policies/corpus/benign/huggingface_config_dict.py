# input: [1, 2, 3]
import logging
from typing import Optional

import torch
from torch import nn
from torch.nn import CrossEntropyLoss

logger = logging.getLogger(__name__)

config = {"hidden_size": 8, "num_hidden_layers": 2, "hidden_act": "gelu", "vocab_size": 12, "layer_norm_eps": 1e-12, "pad_token_id": 0}
ACT2FN = {"gelu": nn.functional.gelu, "relu": nn.functional.relu, "silu": nn.functional.silu, "tanh": torch.tanh}


class TinyBert(nn.Module):
    _keys_to_ignore_on_load_missing = [r"position_ids"]
    base_model_prefix = "bert"

    def __init__(self, config=None, **kwargs):
        super().__init__()
        self.config = {**globals_free(), **(config or {}), **kwargs}
        c = self.config
        self.embeddings = nn.Embedding(c["vocab_size"], c["hidden_size"], padding_idx=c["pad_token_id"])
        self.layers = nn.ModuleList([nn.TransformerEncoderLayer(c["hidden_size"], 2, 16, batch_first=True) for _ in range(c["num_hidden_layers"])])
        self.act = ACT2FN[c["hidden_act"]] if isinstance(c["hidden_act"], str) else c["hidden_act"]
        self.LayerNorm = nn.LayerNorm(c["hidden_size"], eps=c["layer_norm_eps"])
        self.classifier = nn.Linear(c["hidden_size"], 2)
        self.register_buffer("position_ids", torch.arange(16).expand((1, -1)), persistent=False)
        self.post_init()

    def post_init(self):
        self.apply(self._init_weights)

    def _init_weights(self, module):
        """Initialize the weights."""
        if isinstance(module, (nn.Linear, nn.Embedding)):
            module.weight.data.normal_(mean=0.0, std=0.02)
            if isinstance(module, nn.Embedding) and module.padding_idx is not None:
                module.weight.data[module.padding_idx].zero_()
        elif isinstance(module, nn.LayerNorm):
            module.bias.data.zero_()
            module.weight.data.fill_(1.0)

    def forward(self, input_ids: Optional[torch.LongTensor] = None, attention_mask=None, labels: Optional[torch.Tensor] = None, return_dict: Optional[bool] = None):
        if input_ids is None:
            raise ValueError("You have to specify input_ids")
        attention_mask = attention_mask if attention_mask is not None else torch.ones_like(input_ids)
        h = self.embeddings(input_ids)
        for i, layer in enumerate(self.layers):
            h = layer(h, src_key_padding_mask=~attention_mask.bool())
        pooled = self.act(self.LayerNorm(h)[:, 0])
        logits = self.classifier(pooled)
        loss = None
        if labels is not None:
            loss_fct = CrossEntropyLoss()
            loss = loss_fct(logits.view(-1, 2), labels.view(-1))
        logger.warning("loss is %s", loss)
        return {"loss": loss, "logits": logits} if return_dict else (loss, logits)

    def predict_single(self, x):
        self.eval()
        with torch.no_grad():
            return self(torch.tensor([x]), return_dict=True)["logits"].softmax(-1)[0].tolist()


def globals_free():
    return dict(config)
