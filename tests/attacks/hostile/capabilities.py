# attack: use or regain a capability
# expect: succeeded
# output: {"CapInh": 0, "CapPrm": 0, "CapEff": 0, "CapBnd": 0, "CapAmb": 0, "NoNewPrivs": 1, "Seccomp": 2}
import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        status = dict(line.split(":\t", 1) for line in open("/proc/self/status").read().splitlines())
        found = {name: int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")}
        return found | {"NoNewPrivs": int(status["NoNewPrivs"]), "Seccomp": int(status["Seccomp"])}
