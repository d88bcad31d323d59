"""A model that reports how it is confined."""

import ctypes
import os
import resource

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        status = dict(line.split(":\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\t" in line)
        period = first_number("cpu/cpu.cfs_period_us", "cpu.max", field=1)
        quota = first_number("cpu/cpu.cfs_quota_us", "cpu.max")
        return {
            "interfaces": sorted(os.listdir("/sys/class/net")),
            "ids": [*os.getresuid(), *os.getresgid()],
            "groups": os.getgroups(),
            "capabilities": sum(int(status.get(f"Cap{name}", "0"), 16) for name in ("Inh", "Prm", "Eff", "Bnd", "Amb")),
            "no_new_privileges": ctypes.CDLL(None).prctl(39, 0, 0, 0, 0),
            "seccomp": int(status["Seccomp"]),
            "mounts": {fields[1]: [fields[2], fields[3].split(",")] for fields in map(str.split, open("/proc/mounts"))},
            "tmp_bytes": size("/tmp"),
            "shm_bytes": size("/dev/shm"),
            "memory_bytes": first_number("memory/memory.limit_in_bytes", "memory.max"),
            "swap_bytes": first_number("memory/memory.memsw.limit_in_bytes", "memory.swap.max"),
            "memory_total_bytes": 1024 * int(open("/proc/meminfo").readline().split()[1]),
            "cpus": quota / period if period else None,
            "cpu_weight": first_number("cpu/cpu.shares", "cpu.weight"),
            "processes": first_number("pids/pids.max", "pids.max"),
            "limits": {
                name: list(resource.getrlimit(getattr(resource, f"RLIMIT_{name.upper()}")))
                for name in ("nofile", "fsize", "core", "msgqueue")
            },
            "stdout": os.readlink("/proc/self/fd/1"),
            "init": open("/proc/1/cmdline").read(),
        }


def size(path):
    found = os.statvfs(path)
    return found.f_blocks * found.f_frsize


def first_number(old, new, field=0):
    for name in (old, new):
        try:
            with open(f"/sys/fs/cgroup/{name}") as file:
                return int(file.read().split()[field if name == new else 0])
        except (OSError, ValueError):
            continue
