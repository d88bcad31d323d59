# attack: reboot, swap, set the clock or the host's name
# expect: succeeded
# output: []
import ctypes
import errno

import torch

CALLS = [
    ("reboot", 169, [0, 0, 0, 0]),
    ("swapon", 167, [0, 0]),
    ("settimeofday", 164, [0, 0]),
    ("clock_settime", 227, [0, 0]),
    ("adjtimex", 159, [0]),
    ("sethostname", 170, [0, 0]),
    ("setdomainname", 171, [0, 0]),
    ("acct", 163, [0]),
    ("syslog", 103, [3, 0, 0]),
    ("iopl", 172, [3]),
    ("ioperm", 173, [0, 1, 1]),
    ("quotactl", 179, [0, 0, 0, 0]),
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
