# attack: return a structure nested so deeply that parsers overflow
# expect: output_not_serialisable
# message: nested too deeply
import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        value = []
        for _ in range(100_000):
            value = [value]
        return value
