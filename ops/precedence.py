"""Who goes first when processors are short: Redis, then the API and the workers, then everybody else.

A job passes through Redis several times, and each time it could wait for a tenant's computation to be interrupted:
up to 4 ms on a kernel that looks 250 times a second, because a process that sleeps for its disk only briefly has no
claim to interrupt anybody (sched(7), EEVDF). What needs a right that this user doesn't have is left out.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Literal

Precedence = Literal["first", "early", "ordinary"]

_NICE = -10
_GROUP = Path("/proc/self/autogroup")  # where sessions share processors, their own niceness is all that counts


def take(precedence: Precedence) -> None:
    """Give this process, which leads a session, its precedence. Its children and threads to come don't inherit "first".

    "first" is real-time at the lowest priority: for a process that never computes for long.
    """
    if precedence == "first":
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))
            return
    if precedence != "ordinary":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, _NICE)
            _GROUP.write_text(str(_NICE))
