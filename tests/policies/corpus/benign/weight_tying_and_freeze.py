# input: [1, 2]
import torch
import torch.nn as nn


class Tied(nn.Module):
    def __init__(self, vocab=8, dim=4, freeze=True):
        super().__init__()
        self.encoder = nn.Embedding(vocab, dim)
        self.decoder = nn.Linear(dim, vocab)
        self.decoder.weight = self.encoder.weight
        self.decoder.bias.data.fill_(0)
        self.encoder.weight.requires_grad = not freeze
        for name, param in self.named_parameters():
            param.requires_grad_(name.startswith("decoder"))
        self.norm = nn.LayerNorm(dim, elementwise_affine=False)
        self.norm.eps = 1e-6
        self.drop: nn.Module = nn.Dropout(0.1)
        self.drop.p = 0.0

    def predict_single(self, x):
        h = self.norm(self.encoder(torch.tensor(x)))
        trainable = [n for n, p in self.named_parameters() if p.requires_grad]
        return {"logits": self.decoder(self.drop(h)).tolist(), "trainable": trainable}
