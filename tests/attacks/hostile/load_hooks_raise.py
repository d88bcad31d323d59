# attack: a class whose every method that loading calls ends the process
# load: load_error
import torch


class Model(torch.nn.Module):
    def state_dict(self, *positional, **named):
        raise SystemExit(0)

    def eval(self):
        raise SystemExit(0)

    def predict_single(self, x):
        return 1
