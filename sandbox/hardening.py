"""Every restriction of a sandbox, in one table: what, how much, why, and the attack that works without it.

Applied to every container the driver creates; nothing else sets these options. Tenants choose none of
them. ``tests/sandbox/test_hardening.py`` asserts each row on the inspected container and from inside.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker.types import DeviceRequest, LogConfig, Ulimit

from policies.limits import KIB, MIB, Limits
from sandbox import seccomp

UID = 65532  # nobody's: in no image's passwd file, owner of nothing
FLOOR_BYTES = 256 * MIB  # runner, torch and room for a small model; below, the engine may refuse the limit
GPU_FLOOR_BYTES = 1024 * MIB  # with CUDA's libraries and its context beside them
CPU_PERIOD_MICROSECONDS = 100_000
GVISOR_PIDS = 1024  # its kernel's own threads, and a host process for each of the model's
INIT_VERBOSITY = "TINI_VERBOSITY"  # at 2 init logs how the runner ended, which postmortem.py reads
SOCKET_FOLDER = "/run/cloche"  # inside; the host's side of it is per sandbox and read-only


@dataclass(frozen=True, slots=True)
class Row:
    """One restriction. ``default`` is what goes to the engine unless it follows the tenant's limits."""

    name: str  # the engine's own word
    default: Any
    reason: str
    attack: str  # the file in tests/attacks that breaks out, or breaks the host, without it


TABLE: tuple[Row, ...] = (
    Row("network_mode", "none", "nothing to call home to, no neighbour to reach", "network"),
    Row("user", f"{UID}:{UID}", "not root: files and processes of the host belong to somebody else", "setuid"),
    Row("cap_drop", ("ALL",), "no capability is needed to multiply matrices", "kernel_mount"),
    Row("no_new_privileges", True, "a set-uid program gains nothing", "setuid"),
    Row("seccomp", "sandbox/seccomp.py", "calls inference doesn't make are more kernel to attack", "kernel_unshare"),
    Row("read_only", True, "nothing can be planted in the image's files", "write_root"),
    Row("tmpfs", {"/tmp": f"rw,noexec,nosuid,nodev,size={64 * MIB},nr_inodes=4096,mode=1777"},  # noqa: S108 - its own
        "scratch space that ends with the sandbox, counts as its memory and starts no program", "tmpfs_fill"),
    Row("shm_size", 16 * MIB, "/dev/shm is memory too", "shm_fill"),  # noqa: S108 - likewise
    Row("ipc_mode", "private", "no shared memory or semaphores of others", "shm_fill"),
    Row("memory", "Limits.memory_bytes", "one tenant's tensors never push another's out of memory", "memory_bomb"),
    Row("memory_swap", "= memory", "no swap: a full sandbox ends, it doesn't grind the disk", "memory_bomb"),
    Row("cpu_quota", "Limits.cpus", "a busy loop takes its share and no more", "endless_loop"),
    Row("cpu_shares", 256, "where processors are short, the host's own containers and services (1024) come first",
        "endless_loop"),
    Row("pids_limit", 64, "a fork bomb stops at 64 processes and threads", "fork_bomb"),
    Row("nofile", 1024, "descriptors are kernel memory", "descriptor_bomb"),
    Row("fsize", 64 * MIB, "no file larger than the scratch space", "tmpfs_fill"),
    Row("core", 0, "a crash writes no copy of the memory anywhere", "core_dump"),
    Row("msgqueue", 0, "message queues are kernel memory, and their file system can be written", "write_root"),
    Row("log", {"max-size": str(256 * KIB), "max-file": "1"}, "what is printed can't fill the disk", "stdout_flood"),
    Row("init", True, "pid 1 reaps what a model leaves behind", "orphans"),
    Row("restart", "no", "what was killed stays dead", "abort"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is otherwise in a sandbox with a GPU, or that others loosen there and that stays as it is."""

    name: str
    value: str
    reason: str


# A sandbox with a GPU: the table above holds, but for the first four rows here.
ON_GPU: tuple[Difference, ...] = (
    Difference("device_requests", "one device, gpu and compute",
        "the device it was given and no other; compute brings CUDA, and neither graphics nor NVML, which names the "
        "processes of whoever else is on the device"),
    Difference("seccomp: ioctl", "three classes of requests, by their numbers",
        "the driver is spoken to by ioctl: requests of type 'F' (nvidiactl and the devices), the small numbers and the "
        "two large ones of nvidia-uvm. Every other driver's, and pushing input into terminals, stay refused"),
    Difference("seccomp: memory", "mbind, set_mempolicy, get_mempolicy, mlock, munlock, mincore, memfd_create",
        "pinned memory is placed, locked and looked up; it counts against the memory limit"),
    Difference("seccomp: sockets", "bind, listen",
        "CUDA refuses to start without a listening socket of its own; unix only, in a network namespace where nobody "
        "else is, and nothing can be accepted on it"),
    Difference("seccomp: fcntl", "all but locks, leases and F_SETSIG",
        "not traced, so only what is known to harm is closed. A lock is kernel memory that not every kernel counts. "
        "CUDA locks the index of its cache of compiled kernels and nothing else (AppArmor's profile for NVIDIA allows "
        "a lock on that file alone, snapd's for CUDA on none); the runner turns the cache off. A lock is told EPERM"),
    Difference("user, cap_drop", "as ever", "the device files may be opened by everybody"),
    Difference("read_only", "as ever", "the toolkit mounts its libraries before the root becomes read-only"),
    Difference("memlock", "the engine's 64 KiB", "what CUDA pins is pinned by its driver and is not counted there"),
    Difference("pids_limit", "as ever", "a CUDA context takes a handful of threads"),
    Difference("shm_size", "as ever", "only processes that share tensors need more, and there is one"),
)  # fmt: skip


def gpu(device: str) -> list[DeviceRequest]:
    """The engine's request for exactly this device: an index or a UUID."""
    return [DeviceRequest(device_ids=[device], capabilities=[["gpu", "compute"]])]


def container(
    *, image: str, socket_folder: Path, limits: Limits, labels: dict[str, str], gvisor: bool = False, **extra: Any
) -> dict[str, Any]:
    """The arguments of docker's ``containers.create`` for one blank sandbox.

    ``extra`` is the operator's choice of runtime and devices; it can't replace a row of the table. Under
    ``gvisor`` the engine counts host processes, of which its kernel takes some forty for itself.
    """
    row = {entry.name: entry.default for entry in TABLE}
    options = {
        "image": image,
        "labels": labels,
        "network_mode": row["network_mode"],
        "user": row["user"],
        "cap_drop": list(row["cap_drop"]),
        "security_opt": [
            "no-new-privileges:true",
            f"seccomp={seccomp.profile(gvisor=gvisor, gpu='device_requests' in extra)}",
        ],
        "read_only": row["read_only"],
        "tmpfs": row["tmpfs"],
        "shm_size": row["shm_size"],
        "ipc_mode": row["ipc_mode"],
        "cpu_shares": row["cpu_shares"],
        "pids_limit": GVISOR_PIDS if gvisor else row["pids_limit"],
        "ulimits": [_ulimit(name, row[name]) for name in ("nofile", "fsize", "core", "msgqueue")],
        "log_config": LogConfig(type="json-file", config=row["log"]),
        "init": row["init"],
        "restart_policy": {"Name": row["restart"]},
        "privileged": False,
        "environment": {INIT_VERBOSITY: "2"},  # nothing of the host's; the image's own is fixed
        "stop_signal": "SIGKILL",  # an engine that stops uses none that a model could have sent itself
        "volumes": {str(socket_folder): {"bind": SOCKET_FOLDER, "mode": "ro"}},
        "oom_score_adj": 500,  # if the whole host runs out, sandboxes go first
        **resources(limits),
    }
    if clash := options.keys() & extra.keys():
        raise ValueError(f"hardening is not an option: {sorted(clash)}")
    return options | extra


def resources(limits: Limits) -> dict[str, int]:
    """What follows the tenant: the same at creation and at binding."""
    return {
        "mem_limit": limits.memory_bytes,
        "memswap_limit": limits.memory_bytes,
        "cpu_period": CPU_PERIOD_MICROSECONDS,
        "cpu_quota": max(1_000, round(limits.cpus * CPU_PERIOD_MICROSECONDS)),
    }


def _ulimit(name: str, value: int) -> Ulimit:
    return Ulimit(name=name, soft=value, hard=value)
