# attack: mount a file system, or change the root
# expect: succeeded
# output: []
import ctypes
import errno

import torch

CALLS = [
    ("mount", 165, [0, 0, 0, 0, 0]),
    ("umount2", 166, [0, 0]),
    ("pivot_root", 155, [0, 0]),
    ("chroot", 161, [0]),
    ("fsopen", 430, [0, 0]),
    ("open_tree", 428, [-100, 0, 0]),
    ("move_mount", 429, [0, 0, 0, 0, 0]),
    ("mount_setattr", 442, [0, 0, 0, 0, 0]),
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
