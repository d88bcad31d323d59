# attack: make namespaces, the user's above all
# expect: succeeded
# output: []
import ctypes
import errno

import torch

CALLS = [
    ("unshare user", 272, [0x10000000]),
    ("unshare mount", 272, [0x20000]),
    ("unshare net", 272, [0x40000000]),
    ("setns", 308, [0, 0]),
    ("clone user", 56, [0x10000011, 0, 0, 0, 0]),
    ("clone3", 435, [0, 0]),
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
