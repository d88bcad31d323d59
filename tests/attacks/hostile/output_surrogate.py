# attack: return text that is no Unicode
# expect: output_not_serialisable
# message: Unicode
import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        return "\ud800"
