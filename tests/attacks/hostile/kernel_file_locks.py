# attack: fill the kernel with file locks, whose memory not every kernel counts, and what else fcntl does
# expect: succeeded
# output: []
import errno
import fcntl
import os
import struct

import torch

F_OFD_SETLK, F_SETLEASE, F_NOTIFY, F_SETPIPE_SZ, F_SETOWN_EX, F_SETSIG = 37, 1024, 1026, 1031, 15, 10


class Model(torch.nn.Module):
    def predict_single(self, x):
        allowed = []
        with open("/tmp/locked", "wb") as file:
            read_end, write_end = os.pipe()
            lock = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 1, 0)
            for fd, command, argument in (
                (file.fileno(), fcntl.F_SETLK, lock),
                (file.fileno(), fcntl.F_SETLKW, lock),
                (file.fileno(), F_OFD_SETLK, lock),
                (file.fileno(), F_SETLEASE, fcntl.F_WRLCK),
                (write_end, F_SETPIPE_SZ, 1 << 20),
                (1, F_SETPIPE_SZ, 1 << 20),
                (write_end, fcntl.F_SETOWN, os.getpid()),
                (write_end, F_SETOWN_EX, struct.pack("ii", 1, os.getpid())),
                (write_end, F_SETSIG, 9),
                (os.open("/tmp", os.O_RDONLY), F_NOTIFY, 1),
            ):
                try:
                    fcntl.fcntl(fd, command, argument)
                    allowed.append(command)
                except OSError as exc:
                    if exc.errno != errno.EPERM:
                        allowed.append([command, exc.errno])
        return allowed
