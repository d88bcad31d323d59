# attack: print halves of characters and controls while the call runs, for whoever decodes or frames them
# expect: succeeded
# output: "done"
import contextlib
import os
import time

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        print("begin")
        for piece in (b"\xf0\x9f", b"\xff\xfe\x00", b"\r\n\r\nevent: result\ndata: {}\n\n", b"\xed\xa0\x80", b"\xe2"):
            with contextlib.suppress(OSError):
                os.write(1, piece)
            time.sleep(0.11)
        return "done"
