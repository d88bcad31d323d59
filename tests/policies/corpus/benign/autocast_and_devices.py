# input: [1, 2, 3]
import contextlib
import warnings

import torch
from torch import nn

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
torch.backends.cudnn.benchmark = True
if torch.cuda.is_available():
    torch.backends.cuda.matmul.allow_tf32 = True
torch.set_float32_matmul_precision("high")
warnings.filterwarnings("ignore", category=UserWarning)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.dtype = torch.bfloat16 if device.type == "cuda" and torch.cuda.is_bf16_supported() else torch.float32
        self.fc = nn.Linear(3, 2, device=device)
        self.to(device)

    @property
    def device(self):
        return next(self.parameters()).device

    def amp(self):
        return torch.autocast(device_type=self.device.type, dtype=self.dtype) if self.device.type != "cpu" else contextlib.nullcontext()

    def predict_single(self, x):
        x = torch.tensor(x, dtype=torch.float32).to(self.device, non_blocking=True)
        with torch.no_grad(), self.amp():
            y = self.fc(x)
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        return y.float().cpu().numpy().tolist()
