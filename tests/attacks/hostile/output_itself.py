# attack: return a structure that contains itself
# expect: output_not_serialisable
import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        value = []
        value.append(value)
        return value
