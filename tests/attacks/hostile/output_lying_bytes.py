# attack: bytes that lie about their length
# expect: succeeded
# output_kind: bytes
import torch


class Liar(bytes):
    def __len__(self):
        return 1 << 40

    def __bytes__(self):
        return b"x"


class Model(torch.nn.Module):
    def predict_single(self, x):
        return Liar(b"abc")
