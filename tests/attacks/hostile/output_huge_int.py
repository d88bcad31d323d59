# attack: return an integer that takes minutes to print or to parse
# expect: output_not_serialisable
import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        return 1 << 10_000_000
