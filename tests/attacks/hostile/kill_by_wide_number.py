# attack: kill the runner by a number that is SIGKILL to the kernel and something else to a filter of 64 bits
# expect: succeeded
# output: [-1, -1]
import ctypes
import os
import threading

import torch

KILL, TGKILL = 62, 234  # on x86-64
WIDE = 0x1_0000_0009


class Model(torch.nn.Module):
    def predict_single(self, x):
        syscall = ctypes.CDLL(None).syscall
        syscall.argtypes = [ctypes.c_long] * 4
        killed = syscall(KILL, os.getpid(), WIDE, 0)
        return [killed, syscall(TGKILL, os.getpid(), threading.get_native_id(), WIDE)]
