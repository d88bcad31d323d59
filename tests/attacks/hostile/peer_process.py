# attack: ask the connection who the host is, and use the descriptor of its process
# expect: succeeded
# output: []
import ctypes
import os
import socket
import stat
import struct

import torch

SO_PEERPIDFD = 77
CALLS = {"pidfd_send_signal": (424, 0, 0, 0), "pidfd_getfd": (438, 0, 0), "setns": (308, 0x20000), "kcmp": (312, 0, 0, 0)}


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
        got = []
        connection = host()
        pid, _, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        if pid not in (0, os.getpid()):  # gVisor says one's own
            got.append(f"pid {pid}")
        try:
            fd = connection.getsockopt(socket.SOL_SOCKET, SO_PEERPIDFD)
        except OSError:
            return got
        libc = ctypes.CDLL(None)
        for name, (number, *arguments) in CALLS.items():
            if libc.syscall(ctypes.c_long(number), ctypes.c_long(fd), *map(ctypes.c_long, arguments)) >= 0:
                got.append(name)
        said = dict(line.split(":", 1) for line in open(f"/proc/self/fdinfo/{fd}").read().splitlines() if ":" in line)
        if int(said.get("Pid", "0")) > 0:
            got.append(said)
        return got
