# attack: answer in time twice, so that the host looks for the third answer awake, then drip it for ever
# expect: succeeded
# calls: 3
# then: ["succeeded", "timed_out"]
# timeout: 2
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
    def __init__(self):
        super().__init__()
        self.calls = 0

    def predict_single(self, x):
        self.calls += 1
        time.sleep(0.005)
        if self.calls < 3:
            return self.calls
        connection = host()
        connection.sendall(frame({"op": "answer", "id": call_id(), "kind": "succeeded"}, b"1" * 60_000)[:-59_999])
        while True:
            connection.sendall(b" ")
            time.sleep(0.0002)
