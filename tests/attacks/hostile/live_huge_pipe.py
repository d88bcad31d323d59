# attack: enlarge the log pipe and fill it, so that the host reads for ever while a call runs
# expect: succeeded
# output: "done"
# calls: 2
# then: succeeded
import contextlib
import fcntl
import os
import time

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        with contextlib.suppress(OSError):
            fcntl.fcntl(1, 1031, 1 << 20)  # F_SETPIPE_SZ
        end = time.time() + 0.5
        while time.time() < end:
            with contextlib.suppress(OSError):
                os.write(1, b"x" * 65536)
        return "done"
