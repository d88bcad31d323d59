# input: torch.zeros(3, 16, 16).tolist()
import torch
import torch.nn as nn
from torch.nn.modules.utils import _pair
from torch.nn.init import trunc_normal_


class ViT(nn.Module):
    def __init__(self, *, image_size=16, patch_size=8, num_classes=4, dim=16, depth=2, heads=2, mlp_dim=32, pool="cls", channels=3, dropout=0.0):
        super().__init__()
        image_height, image_width = _pair(image_size)
        patch_height, patch_width = _pair(patch_size)
        assert image_height % patch_height == 0 and image_width % patch_width == 0, "Image dimensions must be divisible by the patch size."
        num_patches = (image_height // patch_height) * (image_width // patch_width)
        assert pool in {"cls", "mean"}, "pool type must be either cls (cls token) or mean (mean pooling)"
        self.patch = nn.Conv2d(channels, dim, kernel_size=(patch_height, patch_width), stride=(patch_height, patch_width))
        self.pos_embedding = nn.Parameter(torch.randn(1, num_patches + 1, dim))
        self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
        layer = nn.TransformerEncoderLayer(dim, heads, mlp_dim, dropout, activation="gelu", batch_first=True, norm_first=True)
        self.transformer = nn.TransformerEncoder(layer, depth, enable_nested_tensor=False)
        self.pool = pool
        self.to_latent = nn.Identity()
        self.mlp_head = nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, num_classes))
        trunc_normal_(self.pos_embedding, std=0.02)

    def forward(self, img):
        x = self.patch(img).flatten(2).transpose(1, 2)
        b, n, _ = x.shape
        cls_tokens = self.cls_token.expand(b, -1, -1)
        x = torch.cat((cls_tokens, x), dim=1)
        x += self.pos_embedding[:, : (n + 1)]
        x = self.transformer(x)
        x = x.mean(dim=1) if self.pool == "mean" else x[:, 0]
        return self.mlp_head(self.to_latent(x))

    def predict_single(self, x, top: int = 1):
        with torch.inference_mode():
            scores = self.eval()(torch.tensor(x)[None]).squeeze(0)
        return sorted(enumerate(scores.tolist()), key=lambda pair: -pair[1])[:top]
