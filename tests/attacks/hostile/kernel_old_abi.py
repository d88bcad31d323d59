# attack: make system calls under their 32-bit numbers, past a filter that doesn't know them
# expect: crashed
# signal: 31
# gvisor: {"expect": "succeeded", "signal": null}
# gvisor_why: its kernel has no 32-bit calls, and refuses instead of killing
import ctypes
import errno

import torch

CALLS = [
    ("x32 ptrace", 1073741925, [0, 0, 0, 0]),
    ("x32 getpid", 1073741863, []),
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
