"""A small network that reads one handwritten digit from a PNG."""

import io

import torch
from PIL import Image
from torch import nn

SIDE = 8  # the images it was trained on are 8 x 8
INK = 16.0  # and their pixels go from 0 to 16, ink being bright


class DigitClassifier(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 32, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 64, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
        )
        self.head = nn.Sequential(nn.Dropout(0.3), nn.Linear(64 * 16, 64), nn.ReLU(), nn.Linear(64, 10))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits (n, 10) for images (n, 1, 8, 8) with pixels from 0 to 1."""
        logits: torch.Tensor = self.head(self.features(images))
        return logits

    @torch.inference_mode()
    def predict_single(self, x: bytes) -> dict[str, object]:
        """The digit on a PNG of any size, bright on dark or dark on bright, with all ten probabilities."""
        image = Image.open(io.BytesIO(x)).convert("L").resize((SIDE, SIDE), Image.Resampling.BOX)
        pixels = torch.tensor(list(image.tobytes()), dtype=torch.float32).reshape(1, 1, SIDE, SIDE) / 255
        if pixels[0, 0, :, 0].mean() + pixels[0, 0, :, -1].mean() > 1:
            pixels = 1 - pixels  # a bright edge means dark ink on paper
        probabilities = torch.softmax(self.forward(pixels)[0], dim=0)
        return {
            "digit": int(probabilities.argmax()),
            "probabilities": [round(p, 4) for p in probabilities.tolist()],
        }
