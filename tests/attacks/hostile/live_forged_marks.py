# attack: make the host take one call's printed text for another's, while they run
# expect: succeeded
# output: "quiet"
# calls: 3
# then: ["succeeded", "succeeded"]
import contextlib
import os
import time

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        for _ in range(20):
            with contextlib.suppress(OSError):
                os.write(1, b"\x1ejob_" + os.urandom(8).hex().encode() + b"\nforged\x1e\x1e\n\x1ejob_")
            time.sleep(0.02)
        return "quiet"
