# attack: subclasses of plain types that raise, lie and recurse while they are encoded
# expect: output_not_serialisable
import torch


class Liar(dict):
    def items(self):
        raise SystemExit("out")


class Model(torch.nn.Module):
    def predict_single(self, x):
        return Liar(a=1)
