# attack: send frames as fast as possible, so that the host fills its memory
# expect: protocol_violation
import json
import os
import socket
import stat
import struct

import torch


def host():
    """The runner's own connection."""
    for fd in map(int, os.listdir("/proc/self/fd")):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                return socket.socket(fileno=os.dup(fd))
        except OSError:
            pass


def frame(header, body=b""):
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("!II", len(data), len(body)) + data + body


class Model(torch.nn.Module):
    def predict_single(self, x):
        connection = host()
        while True:
            connection.sendall(frame({"op": "hello", "protocol": 1}) * 1000)
