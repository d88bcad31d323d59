# input: {"tokens": [3, 1, 4, 1, 5]}
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

torch.backends.cuda.matmul.allow_tf32 = True
torch.backends.cudnn.benchmark = True
torch.set_float32_matmul_precision("high")

DEVICE = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")


class TokenTagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(16, 8)
        self.qkv = nn.Linear(8, 24)
        self.out = nn.Linear(8, 3)
        self.register_buffer("scale", torch.ones(1))

    @property
    def device(self):
        return next(self.parameters()).device

    def half_if_worth_it(self):
        if self.device.type == "cuda" and torch.cuda.is_bf16_supported():
            return torch.bfloat16
        return torch.float32

    def attend(self, x):
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        with sdpa_kernel([SDPBackend.FLASH_ATTENTION, SDPBackend.MATH]):
            return F.scaled_dot_product_attention(q[:, None], k[:, None], v[:, None])[:, 0]

    @torch.inference_mode()
    def predict_single(self, x):
        tokens = torch.tensor(x["tokens"])
        if torch.cuda.is_available():
            tokens = tokens.pin_memory().to(self.device, non_blocking=True)
        with torch.autocast(device_type=self.device.type, dtype=self.half_if_worth_it(), enabled=tokens.is_cuda):
            y = self.out(self.attend(self.embed(tokens)[None])) * self.scale
        if tokens.is_cuda:
            torch.cuda.synchronize()
            torch.cuda.empty_cache()
        return {"tags": y[0].float().cpu().argmax(-1).tolist(), "device": str(y.device)}
