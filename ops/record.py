"""Which process is which part: a small file for each, in the run folder."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from ops.proc import Proc, boot_id


@dataclass(frozen=True, slots=True)
class Record:
    """One started part. ``spec`` says how it was started and of what code, so that changes of either are noticed."""

    part: str
    pid: int
    started_ticks: int
    boot_id: str
    spec: str
    url: str = ""

    def process(self) -> Proc | None:
        """The part's process if it lives; None when it is gone, even if another process has its number now."""
        found = Proc.of(self.pid)
        alive = found is not None and found.started_ticks == self.started_ticks and self.boot_id == boot_id()
        return found if alive else None


def write_own(path: Path, *, part: str, spec: str, url: str) -> None:
    """Record the calling process. Atomic: a reader sees the old file or the whole new one."""
    own = Proc.of(os.getpid())
    if own is None:
        return
    record = Record(part=part, pid=own.pid, started_ticks=own.started_ticks, boot_id=boot_id(), spec=spec, url=url)
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps(asdict(record)))
    temporary.replace(path)


def read(path: Path) -> Record | None:
    """The record; None where there is none, or none that can be understood.

    What a newer release wrote besides is passed over: to an older one its processes must not look as if they were
    not there, or it would start a second Redis on the same file.
    """
    try:
        found = json.loads(path.read_text())
        return Record(**{field.name: found[field.name] for field in fields(Record) if field.name in found})
    except (OSError, ValueError, TypeError):
        return None
