"""A part of the installation: how its process is started, found and stopped."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ops import precedence, proc, record
from ops.precedence import Precedence

LOG_BYTES = 16 * 2**20  # a log longer than this is put aside when its part starts again
STOP_SECONDS = 30.0  # a worker lets its running calls end for 10


@dataclass(frozen=True, slots=True)
class Part:
    """One process of the installation."""

    name: str
    command: Sequence[str | Path]
    log: Path
    run_dir: Path
    cwd: Path
    env: Mapping[str, str] = field(repr=False)
    url: str = ""
    precedence: Precedence = "ordinary"
    code: str = ""  # a digest of what it runs; empty for a program that is not ours

    @property
    def record_file(self) -> Path:
        """Where its record is kept."""
        return self.run_dir / f"{self.name}.pid"

    @property
    def spec(self) -> str:
        """A digest of the command and of Cloche's settings (not the values, which may be secret); then the code's."""
        asked = (list(map(str, self.command)), sorted(_settings(self.env).items()))
        return f"{hashlib.sha256(repr(asked).encode()).hexdigest()}.{self.code}"

    def outdated(self) -> str | None:
        """How its process differs from what would be started now, as the end of a sentence; None where it doesn't.

        None as well where it doesn't run. Settings are told by name, where its environment can be read.
        """
        found = self.running()
        if found is None:
            return None
        (settings, _, code), (wanted, _, here) = found.spec.partition("."), self.spec.partition(".")
        reasons = [f"has other settings{self._changed(found)}"] if settings != wanted else []
        reasons += ["runs other code than what is here"] if code != here else []
        return " and ".join(reasons) or None

    def _changed(self, found: record.Record) -> str:
        had, wanted = _settings(proc.environment(found.pid)), _settings(self.env)
        names = sorted(name for name in had.keys() | wanted.keys() if had.get(name) != wanted.get(name))
        return f" ({', '.join(names)})" if names and had else ""

    def running(self) -> record.Record | None:
        """Its record while its process lives."""
        return running(self.record_file)

    def start(self) -> subprocess.Popen[bytes]:
        """Start it in a session of its own. Its record exists before its program begins."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        put_aside(self.log)
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [str(word) for word in self.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.cwd,
                env=dict(self.env),
                start_new_session=True,
                # Runs in the child, before its program: were the record written by us afterwards,
                # a kill in between would leave a process that nobody knows of. There are no threads here.
                preexec_fn=self._prepare_self,  # noqa: PLW1509
            )

    def _prepare_self(self) -> None:
        precedence.take(self.precedence)
        record.write_own(self.record_file, part=self.name, spec=self.spec, url=self.url)


def _settings(environment: Mapping[str, str]) -> dict[str, str]:
    """What of an environment is Cloche's."""
    return {name: value for name, value in environment.items() if name.startswith(("CLOCHE_", "DOCKER_"))}


def running(record_file: Path) -> record.Record | None:
    """The record while its process lives."""
    found = record.read(record_file)
    return found if found is not None and found.process() is not None else None


def stop(record_files: Sequence[Path], *, within_seconds: float = STOP_SECONDS) -> list[str]:
    """End these parts and what they started: ask all, wait, then force. The names of those that ran."""
    found = [entry for path in record_files if (entry := running(path)) is not None]
    for entry in found:
        _signal(entry.pid, signal.SIGTERM)
    deadline = time.monotonic() + within_seconds
    while any(entry.process() for entry in found) and time.monotonic() < deadline:
        time.sleep(0.05)
    for entry in found:
        _end_session(entry)
    for path in record_files:
        path.unlink(missing_ok=True)
    return [entry.part for entry in found]


def _end_session(entry: record.Record) -> None:
    """Force what is left of the part's session. Members younger than their leader only: numbers are used again."""
    deadline = time.monotonic() + STOP_SECONDS
    while members := [m for m in proc.session_members(entry.pid) if m.started_ticks >= entry.started_ticks]:
        for member in members:
            _signal(member.pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            return
        time.sleep(0.02)


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def put_aside(log: Path) -> None:
    """Keep one older log, so that logs end at twice LOG_BYTES or so."""
    if log.exists() and log.stat().st_size > LOG_BYTES:
        shutil.move(log, log.with_suffix(".log.1"))


def last_lines(log: Path, *, count: int = 5) -> str:
    """The end of a log, indented, to be shown under a sentence."""
    try:
        lines = log.read_text(errors="replace").strip().splitlines()[-count:]
    except OSError:
        return ""
    return "".join(f"\n    {line}" for line in lines)
