# attack: bytes out of band on the host's own connection, code of the kernel that has let others out of sandboxes
# expect: succeeded
# output: []
import socket

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        ours, theirs = socket.socketpair()
        allowed = []
        for name, attempt in {
            "send": lambda: ours.send(b"x", socket.MSG_OOB),
            "sendmsg": lambda: ours.sendmsg([b"x"], [], socket.MSG_OOB),
            "recv": lambda: theirs.recv(1, socket.MSG_OOB | socket.MSG_DONTWAIT),
            "recvmsg": lambda: theirs.recvmsg(1, 0, socket.MSG_OOB | socket.MSG_DONTWAIT),
        }.items():
            try:
                attempt()
                allowed.append(name)
            except PermissionError:
                pass
            except OSError as exc:
                allowed.append([name, exc.errno])
        return allowed
