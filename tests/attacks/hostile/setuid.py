# attack: become root
# expect: succeeded
# output: []
import os

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        done = []
        for name in ("setuid", "setgid", "seteuid", "setegid"):
            try:
                getattr(os, name)(0)
                done.append(name)
            except OSError:
                pass
        try:
            os.setgroups([0])
            done.append("setgroups")
        except OSError:
            pass
        return done + [i for i in os.getresuid() + os.getresgid() if i == 0]
