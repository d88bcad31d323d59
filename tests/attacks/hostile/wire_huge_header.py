# attack: announce a header of 4 GB, so that the host reserves memory for it
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
        host().sendall(b"\xff\xff\xff\xff" + bytes(4))
        time.sleep(5)
