"""A process, told apart from any later one that gets its number."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Proc:
    """``started_ticks`` is the kernel's start time (clock ticks since boot): with the pid it names one process."""

    pid: int
    started_ticks: int
    name: str
    session: int
    state: str

    @classmethod
    def of(cls, pid: int) -> Proc | None:
        """The living process with this number; None when there is none, or only a zombie's remains."""
        try:
            text = (PROC / str(pid) / "stat").read_text()
        except OSError:
            return None
        # The name is in parentheses and may hold spaces and parentheses itself: the last one ends it.
        head, _, tail = text.rpartition(")")
        fields = tail.split()
        found = cls(
            pid=pid,
            started_ticks=int(fields[19]),
            name=head.partition("(")[2],
            session=int(fields[3]),
            state=fields[0],
        )
        return None if found.state in ("Z", "X") else found

    @property
    def uptime_seconds(self) -> float:
        """How long it has been running."""
        since_boot = float((PROC / "uptime").read_text().split()[0])
        return max(0.0, since_boot - self.started_ticks / os.sysconf("SC_CLK_TCK"))


def environment(pid: int) -> dict[str, str]:
    """What a process was started with; empty where that can't be read: it is gone, or another user's."""
    try:
        entries = (PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return {}
    pairs = (os.fsdecode(entry).partition("=") for entry in entries if entry)
    return {name: value for name, _, value in pairs}


def boot_id() -> str:
    """Changes with every boot: start times are only comparable within one."""
    return (PROC / "sys/kernel/random/boot_id").read_text().strip()


def session_members(session: int) -> list[Proc]:
    """Every living process of a session, its leader included."""
    numbers = [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]
    found = [Proc.of(number) for number in numbers]
    return [process for process in found if process is not None and process.session == session]
