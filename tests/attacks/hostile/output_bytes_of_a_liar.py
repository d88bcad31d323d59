# attack: bytes whose conversion to bytes gives bytes that lie about their length
# expect: succeeded
# output_kind: bytes
# output: 12
import torch


class Liar(bytes):
    def __len__(self):
        return 1

    def __bytes__(self):
        return self

    def __radd__(self, other):
        return b"\xff" * 100


class Model(torch.nn.Module):
    def predict_single(self, x):
        return Liar(b"12")
