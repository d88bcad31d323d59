# input: {"image": __import__("base64").b64encode(png(4, 4)).decode()}
import base64
from io import BytesIO

import torch
from PIL import Image
from torch import nn


class FromJson(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(16, 2)

    def decode(self, text):
        return Image.open(BytesIO(base64.b64decode(text.split(",")[-1])))

    def predict_single(self, x):
        img = self.decode(x["image"]).convert("L").resize((4, 4))
        t = torch.tensor(list(img.getdata()), dtype=torch.float).div_(255)
        buf = BytesIO()
        img.save(buf, "PNG")
        return {"scores": self.fc(t).tolist(), "image": "data:image/png;base64," + base64.b64encode(buf.getvalue()).decode("ascii")}
