# attack: watch files and processes of the host
# expect: succeeded
# output: []
import ctypes
import errno

import torch

CALLS = [
    ("fanotify_init", 300, [0, 0]),
    ("inotify_init1", 294, [0]),
    ("lookup_dcookie", 212, [0, 0, 0]),
    ("process_madvise", 440, [3, 0, 0, 0, 0]),
    ("landlock", 444, [0, 0, 0]),
    ("memfd_secret", 447, [0]),
    ("personality", 135, [0x0040000]),
    ("modify_ldt", 154, [0, 0, 0]),
    ("vmsplice", 278, [0, 0, 0, 0]),
    ("splice", 275, [0, 0, 0, 0, 0, 0]),
    ("tee", 276, [0, 0, 0, 0]),
    ("move_pages", 279, [0, 0, 0, 0, 0, 0]),
    ("mbind", 237, [0, 0, 0, 0, 0, 0]),
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
