# attack: reach the engine's socket, or any socket of the host, by path and by abstract name
# expect: succeeded
# output: []
import os
import socket
import stat

import torch


def is_socket(path):
    try:
        return stat.S_ISSOCK(os.stat(path).st_mode)
    except OSError:
        return False


class Model(torch.nn.Module):
    def predict_single(self, x):
        reached = []
        names = ["/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock", "/run/cloche/host.sock"]
        names += ["/run/docker/containerd/containerd.sock", "/run/user/0/docker.sock", "/proc/1/root/run/docker.sock"]
        names += ["\0" + name for name in x["abstract"]]
        for folder, _, files in os.walk("/"):
            names += [path for path in (f"{folder}/{name}" for name in files) if is_socket(path)]
        for name in names:
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
                try:
                    socket.socket(socket.AF_UNIX, kind).connect(name)
                    reached.append(name)
                except OSError:
                    pass
        return reached
