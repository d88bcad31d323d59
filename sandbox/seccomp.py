"""The system calls a sandbox may make: one table, everything else refused with EPERM.

Given to the engine as a profile of our own, stricter than its default one: no sockets but unix streams,
no namespaces, no keys, no bpf, perf, io_uring, userfaultfd, ptrace, process_vm or set-id calls.
"""

from __future__ import annotations

import json
import platform
from typing import Any

# Names by what they are for. A name unknown to an architecture is ignored by the engine.
ALLOWED: dict[str, tuple[str, ...]] = {
    "read and write what is already open": (
        "read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "lseek", "_llseek", "close",
        "close_range", "dup", "dup2", "dup3", "fcntl", "fcntl64", "ioctl", "fsync", "fdatasync", "ftruncate",
        "fallocate", "fadvise64", "sendfile", "copy_file_range", "pipe", "pipe2", "eventfd2",
    ),
    "open and look at files: the root is read-only, the tmpfs is sized": (
        "open", "openat", "openat2", "access", "faccessat", "faccessat2", "stat", "lstat", "fstat", "newfstatat",
        "fstatat64", "statx", "statfs", "fstatfs", "getdents", "getdents64", "readlink", "readlinkat", "getcwd",
        "chdir", "fchdir", "umask", "flock",
    ),
    "temporary files in the tmpfs": (
        "creat", "unlink", "unlinkat", "rename", "renameat", "renameat2", "mkdir", "mkdirat", "rmdir", "truncate",
        "chmod", "fchmod", "fchmodat", "utime", "utimes", "utimensat", "symlink", "symlinkat", "link", "linkat",
    ),
    "memory: allocation and the mapped weights; bounded by the memory limit": (
        "mmap", "mmap2", "munmap", "mprotect", "mremap", "brk", "madvise", "msync", "mincore", "memfd_create",
    ),
    "threads and their locks: torch's pools; bounded by the process limit": (
        "clone", "futex", "futex_waitv", "set_robust_list", "get_robust_list", "rseq", "set_tid_address", "membarrier",
        "sched_yield", "sched_getaffinity", "sched_setaffinity", "sched_getparam", "sched_getscheduler",
        "sched_get_priority_max", "sched_get_priority_min", "getcpu", "gettid", "arch_prctl", "restart_syscall",
    ),
    "starting the runner, and its init waiting for it": (
        "execve", "exit", "exit_group", "wait4", "waitid", "fork", "vfork", "setpgid", "getpgid", "getpgrp", "setsid",
        "getsid",
        "prctl",
    ),
    "signals between the container's own processes": (
        "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending", "rt_sigsuspend", "rt_sigtimedwait",
        "rt_sigqueueinfo", "sigaltstack", "kill", "tgkill", "tkill", "pause", "alarm", "setitimer", "getitimer",
    ),
    "time and sleeping": (
        "clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time", "times",
        "timer_create", "timer_settime", "timer_gettime", "timer_delete", "timer_getoverrun", "timerfd_create",
        "timerfd_settime", "timerfd_gettime",
    ),
    "waiting for descriptors": (
        "poll", "ppoll", "select", "_newselect", "pselect6", "epoll_create", "epoll_create1", "epoll_ctl",
        "epoll_wait", "epoll_pwait", "epoll_pwait2",
    ),
    "talking to the host over the one unix socket": (
        "connect", "sendto", "sendmsg", "recvfrom", "recvmsg", "shutdown", "getsockopt", "setsockopt", "getsockname",
        "getpeername",
    ),
    "who and what am I": (
        "getpid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid", "getgroups",
        "capget", "uname", "sysinfo", "getrusage", "getrlimit", "getrandom", "getpriority", "sched_rr_get_interval",
    ),
    "the engine's runtime, between applying this profile and starting the runner": (
        "capset", "setuid", "setgid", "setgroups",
    ),
}  # fmt: skip

_AF_UNIX = 1
_CLONE_NAMESPACES = 0x7E020000  # NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
_ENOSYS = 38
_EPERM = 1


def profile() -> str:
    """The profile as the JSON the engine takes in ``security_opt``."""
    refused = {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": _EPERM}
    return json.dumps({**refused, **_architectures(), "syscalls": _rules()})


def _architectures() -> dict[str, Any]:
    """The machine's own only: 32-bit and x32 calls have other numbers, and nobody needs them here."""
    native = {"x86_64": "SCMP_ARCH_X86_64", "aarch64": "SCMP_ARCH_AARCH64"}.get(platform.machine())
    return {"architectures": [native]} if native else {}


def _rules() -> list[dict[str, Any]]:
    plain = sorted(name for names in ALLOWED.values() for name in names if name != "clone")
    return [
        {"names": plain, "action": "SCMP_ACT_ALLOW", "args": []},
        # Threads and processes, never namespaces.
        _masked("clone", mask=_CLONE_NAMESPACES, value=0),
        # Its flags are in memory, out of a filter's sight: "not there" makes libc use clone.
        {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": _ENOSYS, "args": []},
        # Unix sockets only; with no network there is nothing else to reach, and less kernel to attack.
        _equal("socket", argument=0, value=_AF_UNIX),
        _equal("socketpair", argument=0, value=_AF_UNIX),
        # Reading one's limits is fine, changing them is not: the new limit must be NULL.
        _equal("prlimit64", argument=2, value=0),
    ]


def _masked(name: str, *, mask: int, value: int) -> dict[str, Any]:
    condition = {"index": 0, "value": mask, "valueTwo": value, "op": "SCMP_CMP_MASKED_EQ"}
    return {"names": [name], "action": "SCMP_ACT_ALLOW", "args": [condition]}


def _equal(name: str, *, argument: int, value: int) -> dict[str, Any]:
    condition = {"index": argument, "value": value, "valueTwo": 0, "op": "SCMP_CMP_EQ"}
    return {"names": [name], "action": "SCMP_ACT_ALLOW", "args": [condition]}
