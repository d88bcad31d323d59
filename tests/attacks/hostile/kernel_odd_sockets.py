# attack: sockets beyond streams: pairs and filters of other families
# expect: succeeded
# output: []
import ctypes
import errno

import torch

CALLS = [
    ("netlink", 41, [16, 3, 0]),
    ("packet", 41, [17, 3, 0]),
    ("vsock", 41, [40, 1, 0]),
    ("alg", 41, [38, 5, 0]),
    ("socketpair inet", 53, [2, 1, 0, 0]),
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
