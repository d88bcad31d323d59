# input: 1
import random

import numpy as np
import torch
import torch.nn as nn
from PIL import Image, ImageFile

torch.backends.cudnn.benchmark = True
torch.backends.cudnn.deterministic = False
torch.backends.cuda.matmul.allow_tf32 = True
torch.set_float32_matmul_precision("high")
torch.set_num_threads(1)
torch.manual_seed(0)
np.random.seed(0)
random.seed(0)
ImageFile.LOAD_TRUNCATED_IMAGES = True
Image.MAX_IMAGE_PIXELS = None
torch.set_printoptions(precision=3, sci_mode=False)
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu")
DTYPE = torch.bfloat16 if torch.cuda.is_available() and torch.cuda.is_bf16_supported() else torch.float32


class Switches(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(1, 1).to(DEVICE, dtype=DTYPE)

    @torch.no_grad()
    def predict_single(self, x):
        with torch.autocast(device_type=DEVICE.type, enabled=False):
            y = self.fc(torch.tensor([x], dtype=DTYPE, device=DEVICE))
        return {"y": y.item(), "version": torch.__version__ > "1", "device": str(DEVICE), "name": DEVICE.type}
