"""The blobs: files that are written once, so that copying them needs nobody's leave."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path


def copy_blobs(source: Path, target: Path, *, earlier: Path | None) -> tuple[int, int]:
    """Copy every blob below ``target``; how many files, and their bytes.

    What is in ``earlier``, the same folder of an older backup, is linked from there instead of copied where that is
    possible. A file that is deleted meanwhile is nobody's any more, and left out.
    """
    count = total = 0
    for path in _files(source):
        name = path.relative_to(source)
        with contextlib.suppress(FileNotFoundError):
            total += _copy(path, target / name, earlier=earlier / name if earlier else None)
            count += 1
    return count, total


def _files(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        if Path(root) == folder:
            folders[:] = [name for name in folders if name != "tmp"]  # uploads under way
        yield from (Path(root) / name for name in names)


def _copy(path: Path, target: Path, *, earlier: Path | None) -> int:
    target.parent.mkdir(parents=True, exist_ok=True)
    size_bytes = path.stat().st_size
    if earlier is not None and earlier.is_file() and earlier.stat().st_size == size_bytes:
        with contextlib.suppress(OSError):  # another file system, or one without links
            target.hardlink_to(earlier)
            return size_bytes
    unfinished = target.with_name(f"{target.name}.part")
    shutil.copyfile(path, unfinished)
    unfinished.replace(target)
    return size_bytes
