# attack: raise one's own limits and priority
# expect: succeeded
# output: []
# gvisor: {"output": ["oom"]}
# gvisor_why: its kernel takes the number and does nothing with it; the host's own stays
import os
import resource

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        raised = []
        for name in ("RLIMIT_CORE", "RLIMIT_FSIZE", "RLIMIT_NOFILE"):
            try:
                resource.setrlimit(getattr(resource, name), (1 << 40, 1 << 40))
                raised.append(name)
            except (OSError, ValueError):
                pass
        for name, act in {
            "nice": lambda: os.nice(-10),
            "realtime": lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50)),
            "oom": lambda: os.write(os.open("/proc/self/oom_score_adj", os.O_WRONLY), b"-1000"),
        }.items():
            try:
                act()
                raised.append(name)
            except OSError:
                pass
        return raised
