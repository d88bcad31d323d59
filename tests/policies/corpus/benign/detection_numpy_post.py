# input: png(32, 24)
import base64
import io
import json

import numpy as np
import torch
import torch.nn as nn
from PIL import Image, ImageDraw, ImageOps

CLASSES = """person bicycle car motorbike aeroplane bus train truck""".split()
ANCHORS = np.array([[10, 13], [16, 30], [33, 23]], dtype=np.float32)
COLORS = np.random.RandomState(42).randint(0, 255, size=(len(CLASSES), 3)).tolist()


def letterbox(img: Image.Image, size=32, color=(114, 114, 114)):
    w, h = img.size
    r = min(size / w, size / h)
    nw, nh = int(round(w * r)), int(round(h * r))
    img = img.resize((nw, nh), Image.BILINEAR)
    canvas = Image.new("RGB", (size, size), color)
    canvas.paste(img, ((size - nw) // 2, (size - nh) // 2))
    return canvas, r, ((size - nw) / 2, (size - nh) / 2)


def xywh2xyxy(x):
    y = np.copy(x)
    y[..., 0] = x[..., 0] - x[..., 2] / 2
    y[..., 1] = x[..., 1] - x[..., 3] / 2
    y[..., 2] = x[..., 0] + x[..., 2] / 2
    y[..., 3] = x[..., 1] + x[..., 3] / 2
    return y


def nms(dets, scores, thresh):
    x1, y1, x2, y2 = dets.T
    areas = (x2 - x1 + 1) * (y2 - y1 + 1)
    order = scores.argsort()[::-1]
    keep = []
    while order.size > 0:
        i = order[0]
        keep.append(int(i))
        xx1 = np.maximum(x1[i], x1[order[1:]])
        yy1 = np.maximum(y1[i], y1[order[1:]])
        xx2 = np.minimum(x2[i], x2[order[1:]])
        yy2 = np.minimum(y2[i], y2[order[1:]])
        inter = np.maximum(0.0, xx2 - xx1 + 1) * np.maximum(0.0, yy2 - yy1 + 1)
        ovr = inter / (areas[i] + areas[order[1:]] - inter)
        order = order[np.where(ovr <= thresh)[0] + 1]
    return keep


class Detector(nn.Module):
    stride = 8

    def __init__(self, nc=len(CLASSES)):
        super().__init__()
        self.nc, self.na = nc, len(ANCHORS)
        self.backbone = nn.Sequential(*[layer for c1, c2 in [(3, 8), (8, 16), (16, 32)] for layer in (nn.Conv2d(c1, c2, 3, 2, 1), nn.BatchNorm2d(c2), nn.SiLU())])
        self.head = nn.Conv2d(32, self.na * (5 + nc), 1)
        self.register_buffer("anchors", torch.from_numpy(ANCHORS))

    def decode(self, p):
        b, _, ny, nx = p.shape
        p = p.view(b, self.na, self.nc + 5, ny, nx).permute(0, 1, 3, 4, 2).sigmoid()
        yv, xv = torch.meshgrid(torch.arange(ny), torch.arange(nx), indexing="ij")
        grid = torch.stack((xv, yv), 2).view(1, 1, ny, nx, 2).float()
        xy = (p[..., 0:2] * 2.0 - 0.5 + grid) * self.stride
        wh = (p[..., 2:4] * 2) ** 2 * self.anchors.view(1, self.na, 1, 1, 2)
        return torch.cat((xy, wh, p[..., 4:]), -1).view(b, -1, self.nc + 5)

    def forward(self, x):
        return self.decode(self.head(self.backbone(x)))

    def predict_single(self, data):
        if isinstance(data, str):
            header, sep, payload = data.partition(",")
            data = base64.b64decode(payload if sep else header)
        img = Image.open(io.BytesIO(data))
        img = ImageOps.exif_transpose(img).convert("RGB")
        canvas, ratio, (dw, dh) = letterbox(img)
        x = np.asarray(canvas, dtype=np.float32).transpose(2, 0, 1)[None] / 255.0
        with torch.no_grad():
            pred = self(torch.from_numpy(np.ascontiguousarray(x))).cpu().numpy()[0]
        scores = pred[:, 4:5] * pred[:, 5:]
        cls = scores.argmax(1)
        conf = scores.max(1)
        boxes = xywh2xyxy(pred[:, :4])
        boxes[:, [0, 2]] -= dw
        boxes[:, [1, 3]] -= dh
        boxes[:, :4] /= ratio
        boxes[:, 0::2] = boxes[:, 0::2].clip(0, img.width)
        boxes[:, 1::2] = boxes[:, 1::2].clip(0, img.height)
        results = []
        draw = ImageDraw.Draw(img)
        for i in nms(boxes, conf, 0.45)[:5]:
            x1, y1, x2, y2 = sorted(boxes[i].tolist()[0::2])[0], 0, 1, 1
            draw.rectangle([0, 0, 3, 3], outline=tuple(COLORS[cls[i]]), width=2)
            results.append({"class": CLASSES[cls[i]], "confidence": round(float(conf[i]), 3), "box": [int(v) for v in boxes[i]]})
        buf = io.BytesIO()
        img.save(buf, format="JPEG", quality=90)
        uri = "data:image/jpeg;base64," + base64.b64encode(buf.getvalue()).decode("ascii")
        return json.loads(json.dumps({"detections": results, "image": uri[:40]}))
