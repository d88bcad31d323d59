# input: png(32, 32)
# TorchServe's handler (preprocess, inference, postprocess, handle) in the model's own class.
import base64
import io
import logging
import time

import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

logger = logging.getLogger(__name__)


class ImageClassifier(nn.Module):
    """Takes an image and returns the name of the object in it."""

    topk = 2

    def __init__(self):
        super().__init__()
        self._context = None
        self.initialized = False
        self.explain = False
        self.target = 0
        self.mapping = {"0": ["n01", "tench"], "1": ["n02", "goldfish"], "2": ["n03", "shark"]}
        self.net = nn.Sequential(nn.Conv2d(3, 4, 3, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))

    def initialize(self, context=None):
        self._context = context
        self.device = torch.device("cuda:" + str(0) if torch.cuda.is_available() else "cpu")
        self.net.to(self.device)
        self.net.eval()
        logger.debug("Model loaded on %s", self.device)
        self.initialized = True

    def preprocess(self, data):
        images = []
        for row in data:
            image = row.get("data") or row.get("body")
            if isinstance(image, str):
                image = base64.b64decode(image)
            if isinstance(image, (bytearray, bytes)):
                image = Image.open(io.BytesIO(image)).convert("RGB")
                image = torch.tensor(list(image.getdata()), dtype=torch.float32).view(image.height, image.width, 3).permute(2, 0, 1) / 255
            else:
                image = torch.FloatTensor(image)
            images.append(image)
        return torch.stack(images).to(self.device)

    def inference(self, data, *args, **kwargs):
        with torch.no_grad():
            marshalled_data = data.to(self.device)
            results = self.net(marshalled_data, *args, **kwargs)
        return results

    def postprocess(self, data):
        ps = F.softmax(data, dim=1)
        probs, classes = torch.topk(ps, self.topk, dim=1)
        probs, classes = probs.tolist(), classes.tolist()
        return [{self.mapping[str(c)][1]: p for c, p in zip(cs, pr)} for cs, pr in zip(classes, probs)]

    def predict_single(self, x):
        start_time = time.time()
        if not self.initialized:
            self.initialize()
        output = self.postprocess(self.inference(self.preprocess([{"body": x}])))
        stop_time = time.time()
        logger.info("handle time: %.2f ms", (stop_time - start_time) * 1000)
        return output[0]
