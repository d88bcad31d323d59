# attack: read raw devices
# expect: succeeded
# output: []
# gvisor: {"output": ["fuse", "tun"]}
# gvisor_why: they are devices of its own kernel, none of the host's
import os

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        harmless = {"null", "zero", "full", "random", "urandom", "tty", "console", "ptmx"}
        opened = []
        for folder, _, names in os.walk("/dev"):
            if folder.startswith(("/dev/shm", "/dev/fd", "/dev/pts", "/dev/mqueue")):
                continue
            for name in set(names) - harmless - {"fd", "stdin", "stdout", "stderr", "core"}:
                try:
                    os.open(f"{folder}/{name}", os.O_RDONLY | os.O_NONBLOCK)
                    opened.append(name)
                except OSError:
                    pass
        for number in ((8, 0), (1, 1), (254, 0)):
            try:
                os.mknod("/tmp/device", 0o666 | 0o060000, os.makedev(*number))
                opened.append(number)
            except OSError:
                pass
        return sorted(opened, key=str)
