# attack: read and plant keys in the kernel's keyring
# expect: succeeded
# output: []
import ctypes
import errno

import torch

CALLS = [
    ("add_key", 248, [0, 0, 0, 0, 0]),
    ("request_key", 249, [0, 0, 0, 0]),
    ("keyctl", 250, [0, 0, 0, 0, 0]),
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
