# attack: answer before being asked, so that the answer is taken for the next call's
# expect: protocol_violation
# message: before it was asked
# wait: 0.4
import os
import socket
import stat
import struct
import threading
import time

import torch


def speak():
    time.sleep(0.2)
    for fd in map(int, os.listdir("/proc/self/fd")):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                socket.socket(fileno=os.dup(fd)).sendall(struct.pack("!II", 2, 0) + b"{}")
        except OSError:
            pass


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        threading.Thread(target=speak, daemon=True).start()

    def predict_single(self, x):
        return 1
