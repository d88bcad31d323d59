# attack: change the weights for every sandbox of the version
# expect: succeeded
# output: [7.0, []]
import os
import stat

import torch


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.w = torch.nn.Parameter(torch.zeros(1024))

    def predict_single(self, x):
        written = []
        for name in os.listdir("/proc/self/fd"):
            for flags in (os.O_RDWR, os.O_WRONLY | os.O_TRUNC):
                try:
                    target = os.readlink(f"/proc/self/fd/{name}")
                    if target.startswith("/proc/") or not stat.S_ISREG(os.fstat(int(name)).st_mode):
                        continue
                    os.open(f"/proc/self/fd/{name}", flags)
                    written.append(target)
                except OSError:
                    pass
        for name in os.listdir("/proc/self/map_files") if os.access("/proc/self/map_files", os.R_OK) else []:
            try:
                os.open(f"/proc/self/map_files/{name}", os.O_RDWR)
                written.append(name)
            except OSError:
                pass
        self.w.fill_(7.0)  # our own copy of the page: allowed, and seen by nobody else
        return [float(self.w[0]), written]
