"""What runs inside the child process of ``policies.isolated``: read a source, check it, print the verdict.

Started as ``python -I -S -c``; stdin is a line of JSON (the allowances) and then the source, stdout the verdict
as JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import warnings

from policies.allowlist.entries import Allowances
from policies.check import check
from policies.limits import MIB

MEMORY_BYTES = 512 * MIB  # address space; a check of the largest legal file needs about a tenth
STACK_BYTES = 64 * MIB  # the parser recurses in C
OUTPUT_VIOLATIONS = 500  # kept of one verdict: the first ones


def main(cpu_seconds: int) -> None:
    """Limit this process, then check stdin."""
    limit(cpu_seconds)
    warnings.simplefilter("ignore")  # of the checked source's making, and nobody's to read
    allowances = read_allowances(sys.stdin.buffer.readline())
    plain = check(sys.stdin.buffer.read(), allowances=allowances).to_dict()
    plain["violations"] = plain["violations"][:OUTPUT_VIOLATIONS]
    sys.stdout.write(json.dumps(plain))
    sys.stdout.flush()


def write_allowances(allowances: Allowances) -> bytes:
    """The line before the source."""
    plain = {"added": sorted(allowances.added), "removed": sorted(allowances.removed), "exempt": allowances.exempt}
    return json.dumps(plain).encode() + b"\n"


def read_allowances(line: bytes) -> Allowances:
    """What ``write_allowances`` wrote."""
    plain = json.loads(line)
    return Allowances(frozenset(plain["added"]), frozenset(plain["removed"]), plain["exempt"])


def limit(cpu_seconds: int) -> None:
    """Take what a check doesn't need away from this process, for good."""
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    _lower(resource.RLIMIT_STACK, STACK_BYTES)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))


def _lower(which: int, value: int) -> None:
    hard = resource.getrlimit(which)[1]
    wanted = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (wanted, wanted))
