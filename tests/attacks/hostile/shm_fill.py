# attack: fill /dev/shm
# expect: succeeded
# output: true
import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        written = 0
        try:
            with open("/dev/shm/x", "wb", buffering=0) as file:
                while True:
                    written += file.write(b"x" * (1 << 20))
        except OSError:
            return written <= 16 << 20
