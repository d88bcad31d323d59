"""Processors that don't doze: what a sleeping one costs can be told from what the sandbox costs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# https://docs.kernel.org/power/pm_qos_interface.html: the wish holds for as long as the file is open.
_DEVICE = Path("/dev/cpu_dma_latency")


@contextmanager
def awake() -> Iterator[bool]:
    """Idle processors wait instead of halting while the block runs; False where the kernel has no way to that."""
    try:
        wish = os.open(_DEVICE, os.O_WRONLY)
    except OSError:
        yield False
        return
    try:
        os.write(wish, (0).to_bytes(4, "little"))
        yield True
    finally:
        os.close(wish)
