# attack: leave the container through the folders that were mounted or by links
# expect: succeeded
# output: []
import os

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        got = []
        for path in ("/run/cloche/../../../etc/shadow", "/proc/1/root/etc/shadow", "/proc/1/cwd/../etc/shadow"):
            try:
                got.append(open(path).read())
            except OSError:
                pass
        try:
            os.symlink("/run/cloche", "/tmp/link")
            open("/tmp/link/planted", "w").close()
            got.append("planted")
        except OSError:
            pass
        try:
            os.link("/etc/passwd", "/tmp/passwd")
            got.append("linked")
        except OSError:
            pass
        return got
