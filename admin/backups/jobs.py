"""Redis' append-only file, copied while Redis appends to it."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path

from admin.backups.failure import BackupFailed

FOLDER = "appendonlydir"
_MANIFEST = "appendonly.aof.manifest"
_SECONDS = 120.0


def copy_jobs(redis_folder: Path, target: Path) -> bool:
    """Copy it below ``target``; False where there is none here: Redis is older than 7, or elsewhere.

    Redis needn't be asked. The manifest names the files that count; they are only ever appended to, and the copy of
    one that grows meanwhile is what it was at some moment (Redis passes over a torn end). When Redis rewrites them, it
    changes the manifest before it removes one: a manifest that is the same afterwards vouches for the copy.
    """
    source = redis_folder / FOLDER
    if not (source / _MANIFEST).is_file():
        return False
    deadline = time.monotonic() + _SECONDS
    while not _copied(source, target / FOLDER):
        if time.monotonic() > deadline:
            raise BackupFailed(f"Redis rewrites {source} faster than it can be copied: try again.")
        time.sleep(0.2)
    return True


def _copied(source: Path, target: Path) -> bool:
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    before = (source / _MANIFEST).read_bytes()
    try:
        for name in re.findall(r"^file (\S+) ", before.decode(), re.MULTILINE):
            shutil.copyfile(source / name, target / name)
    except FileNotFoundError:
        return False
    (target / _MANIFEST).write_bytes(before)
    return (source / _MANIFEST).read_bytes() == before
