# attack: write to, cut, lock or replace the files behind the descriptors that are open while the module is imported
# load: weights_invalid
import contextlib
import fcntl
import mmap
import os
import stat

changed = []
with open("/tmp/own", "wb"):
    own = os.open("/tmp/own", os.O_RDONLY)
for fd in map(int, os.listdir("/proc/self/fd")):
    try:
        if fd == own or not stat.S_ISREG(os.fstat(fd).st_mode) or os.readlink(f"/proc/self/fd/{fd}").startswith("/opt"):
            continue
    except OSError:
        continue
    tries = {
        "cut": lambda fd=fd: os.ftruncate(fd, 0),
        "written": lambda fd=fd: os.pwrite(fd, b"x", 0),
        "opened": lambda fd=fd: os.open(f"/proc/self/fd/{fd}", os.O_RDWR),
        "mapped": lambda fd=fd: mmap.mmap(fd, 8, flags=mmap.MAP_SHARED, prot=mmap.PROT_WRITE),
        "mode": lambda fd=fd: os.fchmod(fd, 0o777),
        "owner": lambda fd=fd: os.fchown(fd, 65532, 65532),
        "linked": lambda fd=fd: os.link(f"/proc/self/fd/{fd}", "/tmp/linked", follow_symlinks=True),
        "locked": lambda fd=fd: fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB),
        "leased": lambda fd=fd: fcntl.fcntl(fd, 1024, fcntl.F_RDLCK),
        "locked in part": lambda fd=fd: fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB),
    }
    for name, attempt in tries.items():
        with contextlib.suppress(OSError, ValueError):
            attempt()
            changed.append(name)
    os.dup2(own, fd)
if changed:
    raise RuntimeError(changed)

import torch  # noqa: E402 - as late as can be


class Model(torch.nn.Module):
    def predict_single(self, x):
        return 1
