# attack: hide infinity in a key
# expect: output_not_serialisable
import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        return {float("inf"): 1}
