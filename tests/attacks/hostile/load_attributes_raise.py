# attack: a model that loads, and raises when its method is fetched
# load: load_error
import torch


class Model(torch.nn.Module):
    def eval(self):
        object.__setattr__(self, "armed", True)
        return self

    def __getattribute__(self, name):
        if name == "predict_single" and "armed" in object.__getattribute__(self, "__dict__"):
            raise KeyboardInterrupt
        return super().__getattribute__(name)

    def predict_single(self, x):
        return 1
