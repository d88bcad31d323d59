"""What runs and what doesn't, as a table."""

from __future__ import annotations

from dataclasses import dataclass

from ops import readiness
from ops.installation import outdated
from ops.part import Part
from ops.parts import all_parts
from ops.settings import Settings


@dataclass(frozen=True, slots=True)
class Row:
    """One part's line."""

    part: str
    state: str
    pid: str = "-"
    uptime: str = "-"
    where: str = ""


def rows(settings: Settings) -> list[Row]:
    """A row for each part there should be."""
    return [_row(item) for item in all_parts(settings)]


def trouble(settings: Settings) -> str | None:
    """Why the installation isn't fully up, in a sentence; None when it is."""
    missing = [item.name for item in all_parts(settings) if item.running() is None]
    if missing:
        return f"Not running: {', '.join(missing)} (data in {settings.data}). Start what is missing with `make up`."
    return readiness.api_trouble(settings.url)


def stale(settings: Settings) -> list[str]:
    """A sentence for each way in which running parts differ from what `make up` would start now."""
    found = outdated(all_parts(settings))
    return [f"{', '.join(names)}: {reason}. `make up` restarts what differs." for reason, names in found.items()]


def render(table: list[Row]) -> str:
    """The table as text, columns aligned."""
    cells = [("PART", "STATE", "PID", "UPTIME", "WHERE"), *((r.part, r.state, r.pid, r.uptime, r.where) for r in table)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) for line in cells)
    return "\n".join(line.rstrip() for line in lines)


def _row(item: Part) -> Row:
    found = item.running()
    process = found.process() if found is not None else None
    if found is None or process is None:
        return Row(item.name, "stopped", where=f"log {item.log}" if item.log.exists() else "")
    where = found.url or f"log {item.log}"
    return Row(item.name, "running", pid=str(found.pid), uptime=_duration(process.uptime_seconds), where=where)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02d}m" if hours else f"{minutes}m{rest:02d}s"
