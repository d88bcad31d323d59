# input: png(64, 48)
import io

import numpy as np
import torch
import torch.nn as nn
from PIL import Image, ImageOps

CLASSES = ["person", "bicycle", "car"]


def autopad(k, p=None):
    if p is None:
        p = k // 2 if isinstance(k, int) else [v // 2 for v in k]
    return p


def conv(c1, c2, k=1, s=1, p=None, g=1, act=True):
    return nn.Sequential(nn.Conv2d(c1, c2, k, s, autopad(k, p), groups=g, bias=False), nn.BatchNorm2d(c2), nn.SiLU() if act else nn.Identity())


def make_anchors(feats, strides, offset=0.5):
    points, stride_tensor = [], []
    for feat, stride in zip(feats, strides):
        _, _, h, w = feat.shape
        sx = torch.arange(w, device=feat.device, dtype=feat.dtype) + offset
        sy = torch.arange(h, device=feat.device, dtype=feat.dtype) + offset
        sy, sx = torch.meshgrid(sy, sx, indexing="ij")
        points.append(torch.stack((sx, sy), -1).view(-1, 2))
        stride_tensor.append(torch.full((h * w, 1), float(stride), device=feat.device))
    return torch.cat(points), torch.cat(stride_tensor)


def box_iou(a, b):
    area = lambda t: (t[:, 2] - t[:, 0]).clamp(0) * (t[:, 3] - t[:, 1]).clamp(0)
    inter = (torch.min(a[:, None, 2:], b[:, 2:]) - torch.max(a[:, None, :2], b[:, :2])).clamp(0).prod(2)
    return inter / (area(a)[:, None] + area(b) - inter + 1e-7)


def nms(boxes, scores, threshold):
    order, keep = scores.argsort(descending=True), []
    while order.numel():
        i = order[0]
        keep.append(i.item())
        if order.numel() == 1:
            break
        order = order[1:][box_iou(boxes[i][None], boxes[order[1:]])[0] <= threshold]
    return keep


class Detect(nn.Module):
    stride = (8, 16)
    reg_max = 4

    def __init__(self, nc=len(CLASSES), conf=0.0, iou=0.5):
        super().__init__()
        self.nc, self.conf, self.iou = nc, conf, iou
        self.stem = nn.Sequential(conv(3, 8, 3, 2), conv(8, 16, 3, 2), conv(16, 16, 3, 2))
        self.down = conv(16, 16, 3, 2)
        self.cv2 = nn.ModuleList(nn.Conv2d(16, 4 * self.reg_max, 1) for _ in self.stride)
        self.cv3 = nn.ModuleList(nn.Conv2d(16, nc, 1) for _ in self.stride)
        self.dfl = nn.Conv2d(self.reg_max, 1, 1, bias=False).requires_grad_(False)
        self.dfl.weight.data[:] = torch.arange(self.reg_max, dtype=torch.float).view(1, -1, 1, 1)

    def letterbox(self, image, size=64):
        image = ImageOps.exif_transpose(image).convert("RGB")
        ratio = min(size / image.width, size / image.height)
        new = image.resize((max(1, round(image.width * ratio)), max(1, round(image.height * ratio))), Image.BILINEAR)
        canvas = Image.new("RGB", (size, size), (114, 114, 114))
        canvas.paste(new, ((size - new.width) // 2, (size - new.height) // 2))
        array = np.ascontiguousarray(np.asarray(canvas).transpose(2, 0, 1), dtype=np.float32) / 255
        return torch.from_numpy(array)[None], ratio

    def forward(self, x):
        p3 = self.stem(x)
        feats = [p3, self.down(p3)]
        boxes = torch.cat([m(f).flatten(2) for m, f in zip(self.cv2, feats)], 2)
        scores = torch.cat([m(f).flatten(2) for m, f in zip(self.cv3, feats)], 2).sigmoid()
        b, _, a = boxes.shape
        distances = self.dfl(boxes.view(b, 4, self.reg_max, a).transpose(2, 1).softmax(1)).view(b, 4, a).transpose(1, 2)
        anchors, strides = make_anchors(feats, self.stride)
        lt, rb = distances.chunk(2, -1)
        return torch.cat((anchors - lt, anchors + rb), -1) * strides, scores.transpose(1, 2)

    @torch.inference_mode()
    def predict_single(self, x: bytes):
        with Image.open(io.BytesIO(x)) as image:
            tensor, ratio = self.letterbox(image)
        boxes, scores = (t[0] for t in self(tensor))
        best, labels = scores.max(1)
        mask = best > self.conf
        boxes, best, labels = boxes[mask][:50], best[mask][:50], labels[mask][:50]
        return [{"label": CLASSES[labels[i]], "score": float(best[i]), "box": [round(v / ratio, 1) for v in boxes[i].tolist()]} for i in nms(boxes, best, self.iou)]
