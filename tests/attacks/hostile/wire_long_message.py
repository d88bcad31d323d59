# attack: an error whose text is larger than any runner makes it, for whoever stores errors
# expect: protocol_violation
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
        error = {"op": "answer", "id": call_id(), "kind": "model_error", "message": "x" * 400_000}
        host().sendall(frame(error | {"traceback": "y" * 400_000}))
        time.sleep(5)
