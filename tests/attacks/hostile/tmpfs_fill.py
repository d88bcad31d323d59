# attack: fill the scratch space
# expect: succeeded
# output: true

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        written = 0
        try:
            for number in range(64):
                with open(f"/tmp/{number}", "wb", buffering=0) as file:
                    for _ in range(32):
                        written += file.write(b"x" * (1 << 20))
        except OSError:
            pass
        return 0 < written <= 64 << 20
