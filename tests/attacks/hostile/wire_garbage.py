# attack: write random bytes to the host
# expect: protocol_violation
import os
import socket
import stat
import time

import torch


def host():
    """The runner's own connection."""
    for fd in map(int, os.listdir("/proc/self/fd")):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                return socket.socket(fileno=os.dup(fd))
        except OSError:
            pass


class Model(torch.nn.Module):
    def predict_single(self, x):
        host().sendall(os.urandom(4096))
        time.sleep(5)
