# attack: control characters for the terminal of whoever reads the error
# expect: model_error
import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        print("\x1b[2J\x1e\x00forged\n" * 10)
        raise ValueError("\x1b]0;owned\x07")
