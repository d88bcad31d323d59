# input: torch.zeros(3, 16, 16).tolist()
import torch
import torch.nn as nn
import torch.nn.functional as F


def double_conv(in_channels, out_channels, mid_channels=None):
    mid_channels = mid_channels or out_channels
    return nn.Sequential(
        nn.Conv2d(in_channels, mid_channels, kernel_size=3, padding=1, bias=False),
        nn.BatchNorm2d(mid_channels),
        nn.ReLU(inplace=True),
        nn.Conv2d(mid_channels, out_channels, kernel_size=3, padding=1, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
    )


class UNet(nn.Module):
    def __init__(self, n_channels=3, n_classes=2, bilinear=True, features=(4, 8, 16)):
        super().__init__()
        self.n_channels = n_channels
        self.n_classes = n_classes
        self.bilinear = bilinear
        self.downs, self.ups = nn.ModuleList(), nn.ModuleList()
        for f in features:
            self.downs.append(double_conv(n_channels, f))
            n_channels = f
        for f in features[::-1][1:]:
            self.ups.append(nn.ModuleList([nn.ConvTranspose2d(f * 2, f, 2, 2), double_conv(f * 2, f)]))
        self.outc = nn.Conv2d(features[0], n_classes, kernel_size=1)

    def forward(self, x):
        skips = []
        for down in self.downs[:-1]:
            x = down(x)
            skips.append(x)
            x = F.max_pool2d(x, 2)
        x = self.downs[-1](x)
        for (up, conv), skip in zip(self.ups, skips[::-1]):
            x = up(x)
            diffY = skip.size()[2] - x.size()[2]
            diffX = skip.size()[3] - x.size()[3]
            x = F.pad(x, [diffX // 2, diffX - diffX // 2, diffY // 2, diffY - diffY // 2])
            x = conv(torch.cat([skip, x], dim=1))
        return self.outc(x)

    @torch.no_grad()
    def predict_single(self, x):
        mask = self(torch.tensor(x).unsqueeze(0)).argmax(dim=1)
        return mask[0].byte().numpy().tobytes()
