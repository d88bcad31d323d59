"""Which code a part runs: a digest of its files, kept with its record, so that processes older than them are seen."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from ops import venv

# What a process may import: the direction of imports says so, and `make check` holds it.
OF_API = ("api", "policies", "store")
OF_WORKER = ("worker", "sandbox", "policies", "store")


def digest(root: Path, packages: Sequence[str]) -> str:
    """Changes with any file of these packages, and with what was installed into the environment.

    It is of the files as they are now: who edits them without `make up` has processes that run what was there
    before, and `make status` says so. Libraries exchanged by hand, without `make setup`, are not seen.
    """
    found = hashlib.sha256()
    for path in sorted(_files(root, packages)):
        found.update(f"{path.relative_to(root)}\0{path.stat().st_size}\0".encode())
        found.update(path.read_bytes())
    found.update(_installed(root))
    return found.hexdigest()[:32]


def _files(root: Path, packages: Sequence[str]) -> Iterator[Path]:
    for package in packages:
        for path in (root / package).rglob("*"):
            leftover = "__pycache__" in path.parts or path.name.startswith(".") or path.name.endswith("~")
            if path.is_file() and not leftover:
                yield path


def _installed(root: Path) -> bytes:
    try:
        return (root / ".venv" / venv.STAMP).read_bytes()
    except OSError:
        return b""
