# attack: return what doesn't even fit into memory
# expect: out_of_memory
# timeout: 30
import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        return ["x" * 1_000_000] * 10_000
