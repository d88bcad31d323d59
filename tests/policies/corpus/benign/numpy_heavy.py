# input: [[1.0, 2.0], [3.0, 4.5]]
import numpy as np
import torch
from numpy.linalg import norm
from torch import nn


def softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


class PCA(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("components", torch.eye(2))

    def predict_single(self, x):
        a = np.array(x, dtype=np.float64)
        rng = np.random.default_rng(0)
        centred = a - a.mean(axis=0)
        u, s, vt = np.linalg.svd(centred, full_matrices=False)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.nan_to_num(s**2 / np.sum(s**2))
        spectrum = np.abs(np.fft.rfft(a.ravel()))
        noisy = a + rng.normal(scale=1e-3, size=a.shape)
        mask = np.where(a > 2, 1, 0).astype(np.uint8)
        a[mask == 0] = 0
        np.add.at(a, ([0], [0]), 1)
        order = np.argsort(-ratio)[::-1]
        dtype = np.dtype("float32")
        return {
            "ratio": ratio.tolist(),
            "norm": float(norm(noisy)),
            "spectrum": np.round(spectrum, 2).tolist(),
            "mask": mask.flatten().tolist(),
            "softmax": softmax(a).tolist(),
            "order": order.tolist(),
            "kind": dtype.name,
            "bytes": a.tobytes()[:2].hex(),
            "is": bool(np.isscalar(3)) and isinstance(a, np.ndarray) and np.issubdtype(a.dtype, np.floating),
        }
