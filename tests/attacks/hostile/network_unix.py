# attack: reach the host's sockets by path and by abstract name
# expect: succeeded
# output: []
import os
import socket

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        reached = []
        names = ["/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock", "/run/cloche/host.sock"]
        names += ["\0" + name for name in x["abstract"]]
        for folder, _, files in os.walk("/run"):
            names += [f"{folder}/{name}" for name in files]
        for name in names:
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
                try:
                    socket.socket(socket.AF_UNIX, kind).connect(name)
                    reached.append(name)
                except OSError:
                    pass
        return reached
