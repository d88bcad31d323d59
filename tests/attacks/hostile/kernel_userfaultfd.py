# attack: stop the kernel in the middle of a copy
# expect: succeeded
# output: []
import ctypes
import errno

import torch

CALLS = [
    ("userfaultfd", 323, [0]),
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
