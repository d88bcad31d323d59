# input: torch.zeros(3, 32, 32).tolist()
"""Detection head in the style of YOLOv5: anchors as buffers, grids cached."""
import torch
import torch.nn as nn


def autopad(k, p=None):
    if p is None:
        p = k // 2 if isinstance(k, int) else [x // 2 for x in k]
    return p


def conv(c1, c2, k=1, s=1, p=None, g=1, act=True):
    return nn.Sequential(nn.Conv2d(c1, c2, k, s, autopad(k, p), groups=g, bias=False), nn.BatchNorm2d(c2), nn.SiLU() if act is True else (act if isinstance(act, nn.Module) else nn.Identity()))


def make_grid(nx=20, ny=20):
    yv, xv = torch.meshgrid([torch.arange(ny), torch.arange(nx)], indexing="ij")
    return torch.stack((xv, yv), 2).view((1, 1, ny, nx, 2)).float()


class Detect(nn.Module):
    stride = torch.tensor([8.0])
    dynamic = False

    def __init__(self, nc=3, anchors=((10, 13, 16, 30),), ch=(8,)):
        super().__init__()
        self.nc = nc
        self.no = nc + 5
        self.nl = len(anchors)
        self.na = len(anchors[0]) // 2
        self.grid = [torch.zeros(1)] * self.nl
        a = torch.tensor(anchors).float().view(self.nl, -1, 2)
        self.register_buffer("anchors", a)
        self.register_buffer("anchor_grid", a.clone().view(self.nl, 1, -1, 1, 1, 2))
        self.backbone = nn.Sequential(conv(3, 8, 3, 2), conv(8, 8, 3, 2), conv(8, 8, 3, 2))
        self.m = nn.ModuleList(nn.Conv2d(x, self.no * self.na, 1) for x in ch)
        self.obj = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        x = [self.backbone(x)]
        z = []
        for i in range(self.nl):
            x[i] = self.m[i](x[i])
            bs, _, ny, nx = x[i].shape
            x[i] = x[i].view(bs, self.na, self.no, ny, nx).permute(0, 1, 3, 4, 2).contiguous()
            if not self.training:
                if self.grid[i].shape[2:4] != x[i].shape[2:4]:
                    self.grid[i] = make_grid(nx, ny).to(x[i].device)
                y = x[i].sigmoid()
                y[..., 0:2] = (y[..., 0:2] * 2.0 - 0.5 + self.grid[i]) * self.stride[i]
                y[..., 2:4] = (y[..., 2:4] * 2) ** 2 * self.anchor_grid[i]
                z.append(y.view(bs, -1, self.no))
        return x if self.training else (torch.cat(z, 1), x)

    def predict_single(self, x):
        self.eval()
        with torch.no_grad():
            pred, _ = self(torch.tensor(x)[None])
        keep = pred[..., 4] + self.obj > 0.25
        return pred[keep].tolist()
