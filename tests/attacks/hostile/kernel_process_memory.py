# attack: read and write another process's memory
# expect: succeeded
# output: []
import ctypes
import errno

import torch

CALLS = [
    ("readv", 310, [1, 0, 0, 0, 0, 0]),
    ("writev", 311, [1, 0, 0, 0, 0, 0]),
    ("kcmp", 312, [1, 1, 0, 0, 0]),
    ("pidfd_open", 434, [1, 0]),
    ("pidfd_getfd", 438, [3, 0, 0]),
]


class Model(torch.nn.Module):
    def predict_single(self, x):
        libc = ctypes.CDLL(None, use_errno=True)
        allowed = []
        for name, number, arguments in CALLS:
            ctypes.set_errno(0)
            result = libc.syscall(ctypes.c_long(number), *(ctypes.c_long(value) for value in arguments))
            if result != -1 or ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS):
                allowed.append([name, result, ctypes.get_errno()])
        return allowed
