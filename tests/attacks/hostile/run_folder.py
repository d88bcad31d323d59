# attack: dial the host a second time, or leave something in the folder where the first connection was made
# expect: succeeded
# output: []
import os
import socket

import torch

FOLDER = "/run/cloche"


class Model(torch.nn.Module):
    def predict_single(self, x):
        got = list(os.listdir(FOLDER))
        for attempt in (
            lambda: socket.socket(socket.AF_UNIX).connect(f"{FOLDER}/host.sock"),
            lambda: socket.socket(socket.AF_UNIX).bind(f"{FOLDER}/host.sock"),
            lambda: open(f"{FOLDER}/x", "w").close(),
            lambda: os.mkdir(f"{FOLDER}/x"),
            lambda: os.chmod(FOLDER, 0o777),
            lambda: os.rename(FOLDER, "/tmp/x"),
            lambda: os.open(FOLDER, os.O_RDWR | os.O_TMPFILE, 0o600),
            lambda: os.rmdir(FOLDER),
        ):
            try:
                attempt()
                got.append("allowed")
            except OSError:
                pass
        return got
