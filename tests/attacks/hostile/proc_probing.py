# attack: learn about the host and switch it through /proc and /sys
# expect: succeeded
# output: []
import glob

import torch

SECRETS = ["/proc/kcore", "/proc/kallsyms", "/proc/1/environ", "/proc/1/mem", "/proc/timer_list", "/proc/keys"]
SWITCHES = [
    "/proc/sysrq-trigger",
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/kernel/modprobe",
    "/proc/sys/vm/overcommit_memory",
    "/proc/sys/fs/binfmt_misc/register",
    "/proc/1/oom_score_adj",
    "/sys/kernel/uevent_helper",
    "/sys/power/state",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/pids/pids.max",
    "/sys/fs/cgroup/release_agent",
]


class Model(torch.nn.Module):
    def predict_single(self, x):
        got = []
        for name in SECRETS:
            try:
                data = open(name, "rb").read(4096)
                if name == "/proc/kallsyms":
                    data = b"".join(line.split()[0].strip(b"0") for line in data.splitlines())
                if name == "/proc/1/environ":  # the container's own, and nothing of the host's in it
                    data = b"" if b"CLOCHE" not in data else data
                if data:
                    got.append(name)
            except OSError:
                pass
        for name in SWITCHES + glob.glob("/sys/fs/cgroup/*/release_agent") + glob.glob("/sys/fs/cgroup/*/cgroup.procs"):
            try:
                open(name, "ab").close()
                if not name.endswith("oom_score_adj"):  # one's own may be opened; lowering it is refused
                    got.append(name)
            except OSError:
                pass
        return got
