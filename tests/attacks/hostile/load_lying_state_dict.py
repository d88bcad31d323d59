# attack: claim that the weights are in, and hide the tensors that have no data from whoever looks
# expect: model_error
import torch


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.w = torch.nn.Parameter(torch.zeros(1024))

    def load_state_dict(self, tensors, **how):
        return None

    def modules(self):
        return iter(())

    def predict_single(self, x):
        return self.w.tolist()
