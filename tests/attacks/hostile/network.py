# attack: call home, or anybody, with every family of sockets
# expect: succeeded
# output: []
import socket

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        reached = []
        for family in range(46):
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
                if family == socket.AF_UNIX:
                    continue
                try:
                    socket.socket(family, kind, 0)
                    reached.append([family, int(kind)])
                except OSError:
                    pass
        return reached
