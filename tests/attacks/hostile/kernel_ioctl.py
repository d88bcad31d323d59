# attack: reach drivers through ioctl, and calls that inference never makes
# expect: succeeded
# output: []
import ctypes
import os

import torch

LIBC = ctypes.CDLL(None, use_errno=True)
REQUESTS = {
    "TIOCSTI": 0x5412,
    "TIOCLINUX": 0x541C,
    "FS_IOC_GETFLAGS": 0x80086601,
    "FICLONE": 0x40049409,
    "SIOCGIFCONF": 0x8912,
    "FIEMAP": 0xC020660B,
}
EPERM = 1


class Model(torch.nn.Module):
    def predict_single(self, x):
        reached = []
        fds = [os.open("/tmp", os.O_RDONLY), os.open("/dev/null", os.O_RDWR), 1]
        for name, number in REQUESTS.items():
            for fd in fds:
                if LIBC.ioctl(fd, number, ctypes.create_string_buffer(4096)) == 0 or ctypes.get_errno() != EPERM:
                    reached.append(name)
        for name, act in {
            "memfd": lambda: os.memfd_create("x"),
            "symlink": lambda: os.symlink("/", "/tmp/s"),
            "link": lambda: os.link("/etc/passwd", "/tmp/l"),
            "chmod": lambda: os.chmod("/tmp", 0o777),
            "mkfifo": lambda: os.mkfifo("/tmp/f"),
        }.items():
            try:
                act()
                reached.append(name)
            except PermissionError:
                pass
        return reached
