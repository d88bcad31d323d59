"""A small disk of its own for an engine's data, which can be filled up. Takes root: it is mounted."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

SIZE_MIB = 256
_BALLAST = "ballast"


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """``folder`` is a disk of SIZE_MIB for as long as the block lasts."""
    assert os.geteuid() == 0, "The fault `disk_full` mounts a small disk: run it as root, or choose others with --only."
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE_MIB}m", "cloche-faults", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder: Path) -> None:
    """Not a byte is left."""
    with (folder / _BALLAST).open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\0" * 65_536)


def empty(folder: Path) -> None:
    """There is room again."""
    (folder / _BALLAST).unlink(missing_ok=True)
