# attack: announce an output of 4 GB
# expect: protocol_violation
import os
import socket
import stat
import struct
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
        host().sendall(struct.pack("!II", 2, 0xFFFFFFFF) + b"{}")
        time.sleep(5)
