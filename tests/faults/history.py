"""Every state a job was ever given, in order, as Redis's append-only file has it.

A record shows the last state only: what was overwritten is seen here, whoever wrote it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

LEGAL: dict[str, set[str]] = {
    "": {"queued", "running"},  # admitted; at once into the hands of a worker that lingers
    "queued": {"running", "canceled", "expired"},
    "running": {"queued", "succeeded", "failed", "canceled"},
}
TERMINAL = {"succeeded", "failed", "canceled", "expired"}


def states(redis_folder: Path) -> dict[str, list[str]]:
    """By job, what its state was set to. The file must never have been rewritten: that forgets."""
    folder = redis_folder / "appendonlydir"
    parts = sorted(folder.glob("*.incr.aof"), key=lambda path: int(path.name.split(".")[-3]))
    assert len(parts) == 1, f"the append-only file was rewritten: {parts}"
    found: dict[str, list[str]] = {}
    for command in _commands(parts[0].read_bytes()):
        if command[0].upper() == b"HSET" and command[1].startswith(b"job:"):
            fields = dict(zip(command[2::2], command[3::2], strict=True))
            if b"s" in fields:
                found.setdefault(command[1].decode().removeprefix("job:"), []).append(fields[b"s"].decode())
    return found


def wrongs(history: list[str]) -> list[str]:
    """What is wrong with one job's history, in words; nothing is, when it ended once by legal steps."""
    found = []
    ends = [state for state in history if state in TERMINAL]
    if len(ends) != 1:
        found.append(f"ended {len(ends)} times: {ends}")
    for before, after in zip(["", *history], history, strict=False):
        if after not in LEGAL.get(before, set()):
            found.append(f"went from {before or 'nothing'} to {after}")
    return found


def _commands(data: bytes) -> Iterator[list[bytes]]:
    """Each command as it was written. A last one that is cut off is none."""
    at = 0

    def line() -> bytes:
        nonlocal at
        end = data.index(b"\r\n", at)
        text = data[at:end]
        at = end + 2
        return text

    while at < len(data):
        try:
            command = []
            for _ in range(int(line()[1:])):
                length = int(line()[1:])
                command.append(data[at : at + length])
                at += length + 2
        except ValueError:
            return
        yield command
