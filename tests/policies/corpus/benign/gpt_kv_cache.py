# input: "hello"
"""Minimal GPT with a KV cache, character level."""
from __future__ import annotations

import math
from typing import Optional, Tuple, List, Dict, NamedTuple

import torch
import torch.nn as nn
import torch.nn.functional as F

CHARS = "\n !'(),-.:;?abcdefghijklmnopqrstuvwxyz"
STOI: Dict[str, int] = {ch: i for i, ch in enumerate(CHARS)}
ITOS = {i: ch for ch, i in STOI.items()}
KVCache = Tuple[torch.Tensor, torch.Tensor]
GPTConfig = NamedTuple("GPTConfig", [("n_layer", int), ("n_head", int), ("n_embd", int), ("block_size", int)])
CFG = GPTConfig(n_layer=2, n_head=2, n_embd=32, block_size=64)


def make_block(cfg: GPTConfig) -> nn.ModuleDict:
    return nn.ModuleDict(
        dict(
            ln_1=nn.LayerNorm(cfg.n_embd),
            c_attn=nn.Linear(cfg.n_embd, 3 * cfg.n_embd),
            c_proj=nn.Linear(cfg.n_embd, cfg.n_embd),
            ln_2=nn.LayerNorm(cfg.n_embd),
            mlp=nn.ModuleDict(dict(c_fc=nn.Linear(cfg.n_embd, 4 * cfg.n_embd), act=nn.GELU(), c_proj=nn.Linear(4 * cfg.n_embd, cfg.n_embd))),
        )
    )


class GPT(nn.Module):
    def __init__(self, cfg: GPTConfig = CFG):
        super().__init__()
        self.cfg = cfg
        self.transformer = nn.ModuleDict(
            dict(
                wte=nn.Embedding(len(CHARS), cfg.n_embd),
                wpe=nn.Embedding(cfg.block_size, cfg.n_embd),
                h=nn.ModuleList([make_block(cfg) for _ in range(cfg.n_layer)]),
                ln_f=nn.LayerNorm(cfg.n_embd),
            )
        )
        self.lm_head = nn.Linear(cfg.n_embd, len(CHARS), bias=False)
        self.transformer.wte.weight = self.lm_head.weight
        self.apply(self._init_weights)
        for pn, p in self.named_parameters():
            if pn.endswith("c_proj.weight"):
                torch.nn.init.normal_(p, mean=0.0, std=0.02 / math.sqrt(2 * cfg.n_layer))

    def _init_weights(self, module):
        if isinstance(module, nn.Linear):
            torch.nn.init.normal_(module.weight, mean=0.0, std=0.02)
            if module.bias is not None:
                torch.nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Embedding):
            torch.nn.init.normal_(module.weight, mean=0.0, std=0.02)

    def attend(self, block, x, past: Optional[KVCache] = None) -> Tuple[torch.Tensor, KVCache]:
        B, T, C = x.size()
        q, k, v = block["c_attn"](x).split(self.cfg.n_embd, dim=2)
        q, k, v = (t.view(B, T, self.cfg.n_head, C // self.cfg.n_head).transpose(1, 2) for t in (q, k, v))
        if past is not None:
            pk, pv = past
            k = torch.cat((pk, k), dim=-2)
            v = torch.cat((pv, v), dim=-2)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=past is None and T > 1)
        y = y.transpose(1, 2).contiguous().view(B, T, C)
        return block.c_proj(y), (k, v)

    def forward(self, idx, past: Optional[List[KVCache]] = None):
        offset = past[0][0].size(-2) if past is not None else 0
        pos = torch.arange(offset, offset + idx.size(1), device=idx.device)
        x = self.transformer.wte(idx) + self.transformer.wpe(pos)
        presents = []
        for i, block in enumerate(self.transformer.h):
            a, kv = self.attend(block, block.ln_1(x), None if past is None else past[i])
            x = x + a
            m = block.mlp
            x = x + m.c_proj(m.act(m.c_fc(block.ln_2(x))))
            presents.append(kv)
        return self.lm_head(self.transformer.ln_f(x)), presents

    @torch.no_grad()
    def generate(self, idx, max_new_tokens, *, temperature=1.0, top_k=None):
        past = None
        cur = idx
        for _ in range(max_new_tokens):
            logits, past = self(cur, past)
            logits = logits[:, -1, :] / temperature
            if top_k is not None:
                v, _ = torch.topk(logits, min(top_k, logits.size(-1)))
                logits[logits < v[:, [-1]]] = -float("Inf")
            probs = F.softmax(logits, dim=-1)
            cur = torch.multinomial(probs, num_samples=1)
            idx = torch.cat((idx, cur), dim=1)
        return idx

    def predict_single(self, prompt):
        torch.manual_seed(0)
        ids = torch.tensor([[STOI.get(c, 1) for c in prompt.lower()] or [0]])
        out = self.generate(ids, 12, temperature=0.8, top_k=5)[0].tolist()
        return {"text": "".join(ITOS[i] for i in out), "n": len(out)}
