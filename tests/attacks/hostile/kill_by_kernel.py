# attack: have the kernel send the runner SIGKILL, as a child's exit signal and as a descriptor's
# expect: succeeded
# output: [-1, -1]
import ctypes

import torch

CLONE, FCNTL = 56, 72  # on x86-64
SIGKILL, F_SETSIG = 9, 10


class Model(torch.nn.Module):
    def predict_single(self, x):
        syscall = ctypes.CDLL(None).syscall
        syscall.argtypes = [ctypes.c_long] * 6
        child = syscall(CLONE, SIGKILL, 0, 0, 0, 0)
        if child == 0:
            ctypes.CDLL(None)._exit(0)
        return [child, syscall(FCNTL, 0, F_SETSIG, SIGKILL, 0, 0)]
