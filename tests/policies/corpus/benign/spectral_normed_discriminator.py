# input: torch.rand(1, 16, 16).tolist()
import torch
import torch.nn as nn
from torch.nn.utils import spectral_norm, weight_norm, remove_weight_norm
from torch.nn.utils.parametrizations import orthogonal

leaky = nn.LeakyReLU(0.2)


class Discriminator(nn.Module):
    def __init__(self, nc=1, ndf=8):
        super().__init__()
        sn = spectral_norm
        self.main = nn.Sequential(
            sn(nn.Conv2d(nc, ndf, 4, 2, 1, bias=False)), leaky,
            sn(nn.Conv2d(ndf, ndf * 2, 4, 2, 1, bias=False)), nn.InstanceNorm2d(ndf * 2, affine=True), leaky,
            nn.Flatten(), orthogonal(nn.Linear(ndf * 2 * 16, 1)),
        )
        self.fold = nn.Unfold(kernel_size=(4, 4), stride=4)

    def forward(self, img, *, patches: bool = False):
        if patches:
            return self.fold(img)
        return self.main(img).view(-1)

    def predict_single(self, x):
        img = torch.tensor(x)[None].mul(2).sub_(1)
        return {"real": torch.sigmoid(self(img)).item(), "patches": list(self(img, patches=True).shape)}
