# attack: return a structure nested a little deeper than clients stand
# expect: output_not_serialisable
# message: nested too deeply
import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        value = "][}{" * 100
        for _ in range(300):
            value = {"a": value}
        return value
