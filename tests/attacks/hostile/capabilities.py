# attack: use or regain a capability
# expect: succeeded
# output: {"CapInh": 0, "CapPrm": 0, "CapEff": 0, "CapBnd": 0, "CapAmb": 0, "NoNewPrivs": 1, "Seccomp": 2}
import ctypes

import torch

NO_NEW_PRIVILEGES, SECCOMP = 39, 21  # prctl: what is in force, asked of the kernel itself


class Model(torch.nn.Module):
    def predict_single(self, x):
        status = dict(line.split(":\t", 1) for line in open("/proc/self/status").read().splitlines())
        found = {name: int(status.get(name, "0"), 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")}
        ask = ctypes.CDLL(None).prctl
        return found | {"NoNewPrivs": ask(NO_NEW_PRIVILEGES, 0, 0, 0, 0), "Seccomp": ask(SECCOMP, 0, 0, 0, 0)}
