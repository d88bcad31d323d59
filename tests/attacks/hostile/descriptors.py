# attack: find a descriptor of the host that leaked in
# expect: succeeded
# output: []
import os
import stat

import torch


def is_null(fd):
    found = os.fstat(fd)
    return stat.S_ISCHR(found.st_mode) and found.st_rdev in (0, os.makedev(1, 3)) and os.read(fd, 1) == b""


class Model(torch.nn.Module):
    def predict_single(self, x):
        odd = []
        for name in os.listdir("/proc/self/fd"):
            try:
                mode = os.fstat(int(name)).st_mode
                target = os.readlink(f"/proc/self/fd/{name}")
            except OSError:
                continue
            known = target.startswith(("/dev/null", "/dev/urandom", "/proc/"))
            if not (known or stat.S_ISSOCK(mode) or stat.S_ISFIFO(mode) or is_null(int(name))):
                odd.append(target)
        return odd
