# attack: slow down, speed up or watch the host's clock, and have timers that interrupt the runner
# expect: succeeded
# output: []
import ctypes
import errno

import torch

CALLS = {
    "setitimer": 38, "alarm": 37, "settimeofday": 164, "adjtimex": 159, "clock_settime": 227, "clock_adjtime": 305,
    "timer_create": 222, "timerfd_create": 283,
}  # fmt: skip


class Model(torch.nn.Module):
    def predict_single(self, x):
        libc = ctypes.CDLL(None, use_errno=True)
        allowed = []
        for name, number in CALLS.items():
            ctypes.set_errno(0)
            memory = ctypes.create_string_buffer(512)
            arguments = [ctypes.c_long(0), memory, memory, memory]
            if libc.syscall(ctypes.c_long(number), *arguments) != -1 or ctypes.get_errno() != errno.EPERM:
                allowed.append([name, ctypes.get_errno()])
        return allowed
