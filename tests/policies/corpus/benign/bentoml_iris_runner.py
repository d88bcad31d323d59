# input: [[5.9, 3.0, 5.1, 1.8], [4.9, 3.0, 1.4, 0.2]]
import numpy as np
import torch
from torch import nn, Tensor
from typing import Union, Sequence


class IrisClassifier(nn.Module):
    def __init__(self, n_in: int = 4, n_out: int = 3) -> None:
        super().__init__()
        self.linear = nn.Linear(n_in, n_out)

    def forward(self, x: "Tensor") -> "Tensor":
        return self.linear(x)

    def classify(self, input_series: np.ndarray) -> np.ndarray:
        result = self.forward(torch.as_tensor(input_series))
        return np.argmax(result.detach().cpu().numpy(), axis=1)

    def predict_single(self, x: Union[Sequence[float], Sequence[Sequence[float]]]):
        arr = np.atleast_2d(np.asarray(x, dtype=np.float32))
        return self.classify(arr).tolist()
