"""The system calls a sandbox may make: one table, everything else refused with EPERM.

Given to the engine as a profile of our own, stricter than its default one: no sockets but unix streams,
no namespaces, no keys, no bpf, perf, io_uring, userfaultfd, ptrace, process_vm or set-id calls.
"""

from __future__ import annotations

import json
import platform
from typing import Any

# Names by what they are for. A name unknown to an architecture is ignored by the engine.
# Traced: strace -f of the runner, from its start through tests/attacks/probes/exercise.py. What the trace
# shows is here, and beside it what libc takes for the same on other processors, kernels and code paths.
ALLOWED: dict[str, tuple[str, ...]] = {
    "read and write what is already open": (
        "read", "write", "readv", "writev", "pread64", "pwrite64", "lseek", "close", "close_range", "dup", "dup2",
        "dup3", "ftruncate", "fadvise64", "pipe", "pipe2", "eventfd2",
    ),
    "open and look at files: the root is read-only, the tmpfs is sized": (
        "open", "openat", "access", "faccessat", "faccessat2", "stat", "lstat", "fstat", "newfstatat", "statx",
        "statfs", "fstatfs", "getdents64", "readlink", "readlinkat", "getcwd", "chdir", "umask",
    ),
    "temporary files in the tmpfs, made and removed": (
        "unlink", "unlinkat", "rename", "renameat", "renameat2", "mkdir", "mkdirat", "rmdir",
    ),
    "memory: allocation and the mapped weights; bounded by the memory limit": (
        "mmap", "munmap", "mprotect", "mremap", "brk", "madvise",
    ),
    "threads and their locks: torch's pools; bounded by the process limit": (
        "clone", "futex", "set_robust_list", "rseq", "set_tid_address", "sched_yield", "sched_getaffinity",
        "sched_setaffinity", "sched_getparam", "sched_getscheduler", "sched_get_priority_max",
        "sched_get_priority_min", "getcpu", "gettid", "arch_prctl", "restart_syscall",
    ),
    "starting the runner; its init forks, waits and reaps": (
        "execve", "exit", "exit_group", "wait4", "waitid", "fork", "setpgid", "getpgid", "getpgrp", "setsid", "getsid",
        "prctl",
    ),
    "signals between the container's own processes": (
        "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigtimedwait", "sigaltstack",
    ),
    "time and sleeping": (
        "clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time", "times",
    ),
    "waiting for descriptors": (
        "poll", "ppoll", "select", "pselect6", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait",
    ),
    "talking to the host over the one unix socket": (
        "connect", "shutdown", "getsockopt", "setsockopt", "getsockname",
        "getpeername",
    ),
    "who and what am I": (
        "getpid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid", "getgroups",
        "uname", "sysinfo", "getrusage", "getrlimit", "getrandom",
    ),
    "the engine's runtime, between applying this profile and starting the runner": (
        "capget", "capset", "setuid", "setgid", "setgroups",
    ),
}  # fmt: skip

# What ioctl may ask of a descriptor. Everything else it can do is a driver's code, and there are thousands.
_IOCTLS: dict[int, str] = {
    0x5401: "TCGETS: is it a terminal?",
    0x5413: "TIOCGWINSZ: how wide?",
    0x540F: "TIOCGPGRP: init asks who owns the terminal",
    0x5410: "TIOCSPGRP: init gives it away; there is none",
    0x541B: "FIONREAD: how much waits?",
    0x5421: "FIONBIO: don't block",
    0x5450: "FIONCLEX: Python's inheritable descriptors",
    0x5451: "FIOCLEX: likewise",
}

# What fcntl may do with a descriptor. Not locks: each range is kernel memory, which not every kernel counts as the
# sandbox's (CVE-2022-0480), and source and weights are open while they could be locked. Not leases, not a larger pipe
# at the expense of the worker's user, not signals.
_FCNTLS: dict[int, str] = {
    0: "F_DUPFD",
    1: "F_GETFD",
    2: "F_SETFD: close on exec",
    3: "F_GETFL",
    4: "F_SETFL: don't block",
    1030: "F_DUPFD_CLOEXEC",
}

# CUDA pins and places host memory, and looks it up. Without a memory file, or a listening socket under an abstract
# name (to hand its descriptor to other processes, of which there are none; nothing is ever accepted), it refuses to
# start: error 304, "OS call failed". See docs/decisions/0070-gpus.md.
_GPU = ("mbind", "get_mempolicy", "set_mempolicy", "mlock", "munlock", "memfd_create", "mincore", "bind", "listen")

# And it speaks to its driver by ioctl: (mask, value) of the requests. The first are those of /dev/nvidiactl and of the
# devices, _IOWR('F', …); the others are nvidia-uvm's, whose requests are plain small numbers and these two.
# Numbers: kernel-open/common/inc/nv-ioctl-numbers.h, kernel-open/nvidia-uvm/uvm_ioctl.h, uvm_linux_ioctl.h in
# https://github.com/NVIDIA/open-gpu-kernel-modules. gVisor's nvproxy lets the same through to the host.
_GPU_IOCTLS: tuple[tuple[int, int], ...] = (
    (0xFF00, 0x4600),
    (0xFFFFFF80, 0),
    (0xFFFFFFFF, 0x30000001),
    (0xFFFFFFFF, 0x30000002),
)

# Nothing inside can have SIGKILL sent, so whoever was killed by it was killed for memory or from outside: see
# postmortem.py. Call -> (argument, the value that is refused, how many bits values have).
_ALL_BUT: dict[str, tuple[int, int, int]] = {
    "kill": (1, 9, 7),  # signals end at 64
    "tgkill": (2, 9, 7),
}

# On a GPU fcntl may do this as well, since what its driver asks for has not been traced: all that there is but locks
# and leases (6, 7, 37, 38, 1024; see hardening.ON_GPU) and F_SETSIG (10: the signal that a descriptor's owner gets).
_GPU_FCNTLS: dict[int, str] = {
    5: "F_GETLK: a look, which takes nothing",
    8: "F_SETOWN",
    9: "F_GETOWN",
    11: "F_GETSIG",
    15: "F_SETOWN_EX",
    16: "F_GETOWN_EX",
    17: "F_GETOWNER_UIDS",
    36: "F_OFD_GETLK: a look",
    1025: "F_GETLEASE",
    1026: "F_NOTIFY",
    1027: "F_DUPFD_QUERY",
    1028: "F_CREATED_QUERY",
    1029: "F_CANCELLK",
    1031: "F_SETPIPE_SZ",
    1032: "F_GETPIPE_SZ",
    1033: "F_ADD_SEALS: of a memory file",
    1034: "F_GET_SEALS",
    1035: "F_GET_RW_HINT",
    1036: "F_SET_RW_HINT",
    1037: "F_GET_FILE_RW_HINT",
    1038: "F_SET_FILE_RW_HINT",
}

# Bytes out of band on unix sockets: nobody sends them, and their code in the kernel was a way out of sandboxes
# (CVE-2025-38236, 2025). Call -> the argument that holds its flags.
_FLAGGED: dict[str, int] = {"sendto": 3, "sendmsg": 2, "recvfrom": 3, "recvmsg": 2}
_MSG_OOB = 1

_AF_UNIX = 1
_CLONE_NAMESPACES = 0x7E020000  # NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
_CLONE_SIGNAL = 0xFF  # what the parent gets when a child ends
_SIGCHLD = 17
_ENOSYS = 38
_EPERM = 1


def profile(*, gvisor: bool = False, gpu: bool = False) -> str:
    """The profile as the JSON the engine takes in ``security_opt``.

    ``gpu`` adds what CUDA takes: its driver's requests by ioctl, and where memory lies.
    ``gvisor`` is for runsc, which knows no errno but one in a profile: clone3 reaches its kernel, which
    answers "not there", or makes namespaces of its own that are none of the host's.
    """
    refused = {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": _EPERM}
    return json.dumps({**refused, **_architectures(), "syscalls": _rules(gvisor=gvisor, gpu=gpu)})


def _architectures() -> dict[str, Any]:
    """The machine's own only: 32-bit and x32 calls have other numbers, and nobody needs them here."""
    native = {"x86_64": "SCMP_ARCH_X86_64", "aarch64": "SCMP_ARCH_AARCH64"}.get(platform.machine())
    return {"architectures": [native]} if native else {}


def _rules(*, gvisor: bool, gpu: bool) -> list[dict[str, Any]]:
    plain = sorted(name for names in ALLOWED.values() for name in names if name != "clone")
    return [
        {"names": plain, "action": "SCMP_ACT_ALLOW", "args": []},
        # Threads and processes, never namespaces, and no end of a child that kills its parent.
        *(_masked("clone", mask=_CLONE_NAMESPACES | _CLONE_SIGNAL, value=ends) for ends in (0, _SIGCHLD)),
        # Its flags are in memory, out of a filter's sight: "not there" makes libc use clone.
        _allowed("clone3") if gvisor else _absent("clone3"),
        *(rule for name, what in _ALL_BUT.items() for rule in _other_than(name, *what)),
        *(_masked(name, argument=flags, mask=_MSG_OOB, value=0) for name, flags in _FLAGGED.items()),
        # Unix sockets only; with no network there is nothing else to reach, and less kernel to attack.
        _equal("socket", argument=0, value=_AF_UNIX),
        _equal("socketpair", argument=0, value=_AF_UNIX),
        # Reading one's limits is fine, changing them is not: the new limit must be NULL.
        _equal("prlimit64", argument=2, value=0),
        *[_equal("ioctl", argument=1, value=ask) for ask in _IOCTLS],
        *[_equal("fcntl", argument=1, value=ask) for ask in _FCNTLS],
        *(_on_gpu() if gpu else ()),
    ]


def _on_gpu() -> list[dict[str, Any]]:
    ioctls = [_masked("ioctl", argument=1, mask=mask, value=value) for mask, value in _GPU_IOCTLS]
    fcntls = [_equal("fcntl", argument=1, value=ask) for ask in _GPU_FCNTLS]
    return [*map(_allowed, _GPU), *ioctls, *fcntls]


def _allowed(name: str) -> dict[str, Any]:
    return {"names": [name], "action": "SCMP_ACT_ALLOW", "args": []}


def _absent(name: str) -> dict[str, Any]:
    return {"names": [name], "action": "SCMP_ACT_ERRNO", "errnoRet": _ENOSYS, "args": []}


def _other_than(name: str, argument: int, value: int, width: int) -> list[dict[str, Any]]:
    """Allowed where one bit is another. Not by "not equal": a filter compares 64 bits, the kernel reads 32 of them."""
    bits = [1 << number for number in range(width)]
    return [_masked(name, argument=argument, mask=bit, value=~value & bit) for bit in bits]


def _masked(name: str, *, mask: int, value: int, argument: int = 0) -> dict[str, Any]:
    condition = {"index": argument, "value": mask, "valueTwo": value, "op": "SCMP_CMP_MASKED_EQ"}
    return {"names": [name], "action": "SCMP_ACT_ALLOW", "args": [condition]}


def _equal(name: str, *, argument: int, value: int) -> dict[str, Any]:
    condition = {"index": argument, "value": value, "valueTwo": 0, "op": "SCMP_CMP_EQ"}
    return {"names": [name], "action": "SCMP_ACT_ALLOW", "args": [condition]}
