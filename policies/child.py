"""What runs in the checking processes of ``policies.isolated``: one that waits, and a fork of it for each check.

The one that waits has imported everything and holds nothing of anybody's. For each check it is handed a
connected socket over its control socket, forks, and forgets; the fork limits itself, reads a line of JSON (the
allowances) and the source, writes the verdict as JSON and ends. When the control socket closes, it ends too.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import signal
import socket
import warnings

from policies.allowlist.entries import NONE, Allowances
from policies.check import check
from policies.limits import MIB

MEMORY_BYTES = 512 * MIB  # address space; a check of the largest legal file needs about a fifth
STACK_BYTES = 64 * MIB  # the parser recurses in C
OUTPUT_VIOLATIONS = 500  # kept of one verdict: the first ones
UNSTARTED = b"!"  # written instead of a verdict when no process could be started

_WARM = b"from torch import nn\n\n\nclass Net(nn.Module):\n    def predict_single(self, x):\n        return x\n"


def serve(control_fd: int) -> None:
    """Fork a check for each socket that comes over the control socket, until that is closed."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # forks are not waited for
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started the server
    warnings.simplefilter("ignore")  # of the checked source's making, and nobody's to read
    check(_WARM, allowances=NONE)
    gc.freeze()
    with socket.socket(fileno=control_fd) as control:
        while True:
            message, descriptors, _, _ = socket.recv_fds(control, 64, 1)
            if not message:
                return
            _start(control, descriptors, float(message))


def _start(control: socket.socket, descriptors: list[int], timeout_seconds: float) -> None:
    with socket.socket(fileno=descriptors[0]) as peer:
        try:
            child = os.fork()
        except OSError:
            peer.sendall(UNSTARTED)
            return
        if child == 0:
            # Nothing may unwind into the loop of the process that waits.
            try:
                control.close()
                limit(timeout_seconds)
                _answer(peer)
            finally:
                os._exit(0)


def _answer(peer: socket.socket) -> None:
    """Read until the other side has sent everything, and write the verdict."""
    with peer.makefile("rb") as stream:
        allowances = read_allowances(stream.readline())
        source = stream.read()
    plain = check(source, allowances=allowances).to_dict()
    plain["violations"] = plain["violations"][:OUTPUT_VIOLATIONS]
    peer.sendall(json.dumps(plain).encode())


def write_allowances(allowances: Allowances) -> bytes:
    """The line before the source."""
    plain = {"added": sorted(allowances.added), "removed": sorted(allowances.removed), "exempt": allowances.exempt}
    return json.dumps(plain).encode() + b"\n"


def read_allowances(line: bytes) -> Allowances:
    """What ``write_allowances`` wrote."""
    plain = json.loads(line)
    return Allowances(frozenset(plain["added"]), frozenset(plain["removed"]), plain["exempt"])


def limit(timeout_seconds: float) -> None:
    """Take what a check doesn't need away from this process, for good."""
    cpu_seconds = int(timeout_seconds) + 1
    if os.getpriority(os.PRIO_PROCESS, 0) < 0:
        os.setpriority(os.PRIO_PROCESS, 0, 0)  # the precedence of who asks is not a stranger's file's
    signal.setitimer(signal.ITIMER_REAL, timeout_seconds)  # SIGALRM ends the process: nobody waits for it longer
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    _lower(resource.RLIMIT_STACK, STACK_BYTES)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    _lower(resource.RLIMIT_NOFILE, 16)


def _lower(which: int, value: int) -> None:
    hard = resource.getrlimit(which)[1]
    wanted = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (wanted, wanted))
