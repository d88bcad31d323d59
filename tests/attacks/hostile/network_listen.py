# attack: open a door for others
# expect: succeeded
# output: "refused"
import socket

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        try:
            server = socket.socket(socket.AF_UNIX)
            server.bind("\0cloche-door")
            server.listen()
            return "listening"
        except OSError:
            return "refused"
