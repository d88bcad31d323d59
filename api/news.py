"""What a listener has not heard yet of a job: events in order, each with the cursor that comes after it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from api.responses import instant, job_view
from store.jobs.records import JobRecord, Look
from store.links import Links

BEGINNING = "0-0"  # before every printed entry
ALL = "all"  # everything that was printed has been heard

_CURSOR = re.compile(
    r"(new|queued|running|succeeded|failed|canceled|expired|result)\.([0-9]{1,6})"
    r"\.([0-9]{1,18}-[0-9]{1,18}|all)\.([0-9]{1,9})"
)
_LINE_ENDS = re.compile(rb"\r\n|\r|\n")
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a listener is: the last state it heard of, in which attempt, the last printed entry, and how many
    characters of this attempt's text that makes.
    """

    state: str = "new"
    attempt: int = 0
    entry: str = BEGINNING
    heard: int = 0

    @property
    def over(self) -> bool:
        """True when there is nothing more to hear."""
        return self.state == "result"

    def __str__(self) -> str:
        return f"{self.state}.{self.attempt}.{self.entry}.{self.heard}"


@dataclass(frozen=True, slots=True)
class Event:
    """One event, and where a listener stands who has heard it."""

    name: str
    data: bytes
    cursor: Cursor

    def encode(self) -> bytes:
        """As the stream carries it. Line ends in the data can't end the event: each line is a ``data`` of its own."""
        lines = b"".join(b"data: " + line + b"\n" for line in _LINE_ENDS.split(self.data))
        return f"id: {self.cursor}\nevent: {self.name}\n".encode() + lines + b"\n"


def read_cursor(text: str) -> Cursor | None:
    """The cursor in a Last-Event-ID; None when it is none of ours."""
    found = _CURSOR.fullmatch(text)
    return None if found is None else Cursor(found[1], int(found[2]), found[3], int(found[4]))


def news(look: Look, cursor: Cursor, links: Links | None = None) -> Iterator[Event]:
    """The events since the cursor. Of an ended job: what is left of the printed text, the end, the whole job."""
    if cursor.over:
        return
    job = look.record
    if not job.ended:
        if (cursor.state, cursor.attempt) != (job.state, job.attempts):
            cursor = _at(cursor, attempt=job.attempts, state=job.state)
            yield Event("status", _status(job), cursor)
        yield from _printed(look, cursor)
        return
    if cursor.entry != ALL:
        for event in _printed(look, cursor):
            cursor = event.cursor
            yield event
        rest = _rest(look, cursor)
        cursor = _at(cursor, attempt=job.attempts, entry=ALL)
        if rest:
            yield Event("log", _encode({"attempt": job.attempts, "text": rest}), cursor)
    if cursor.state != job.state:
        cursor = _at(cursor, attempt=job.attempts, state=job.state)
        yield Event("status", _status(job), cursor)
    yield Event("result", _encode(job_view(job, links)), replace(cursor, state="result"))


def _at(cursor: Cursor, *, attempt: int, **changes: Any) -> Cursor:
    """The cursor in that attempt, of which nothing is heard yet if it is another one."""
    return replace(cursor, attempt=attempt, heard=cursor.heard if attempt == cursor.attempt else 0, **changes)


def _printed(look: Look, cursor: Cursor) -> Iterator[Event]:
    after, job = _order(cursor.entry), look.record
    for printed in look.printed:
        if _order(printed.entry) <= after:
            continue
        if printed.attempt > job.attempts and not job.ended:
            return  # of an attempt that began after the record was read: it is announced first
        cursor = _at(cursor, attempt=printed.attempt, entry=printed.entry)
        cursor = replace(cursor, heard=cursor.heard + len(printed.text))
        yield Event("log", _encode({"attempt": printed.attempt, "text": printed.text}), cursor)


def _rest(look: Look, cursor: Cursor) -> str:
    """What the record's logs say beyond what was printed while the job ran; all of it for a short run.

    "" where the two differ: what C code prints is only ever heard while it runs, and a flood has gaps.
    """
    job = look.record
    if not look.printed:  # a short run, or long ago: then the listener's own count has to do
        return job.logs[cursor.heard if cursor.attempt == job.attempts else 0 :]
    told = "".join(printed.text for printed in look.printed if printed.fence == job.fence)
    return job.logs[len(told) :] if job.logs.startswith(told) else ""


def _order(entry: str) -> tuple[int, int]:
    if entry == ALL:
        return (1 << 64, 0)
    milliseconds, _, number = entry.partition("-")
    return int(milliseconds), int(number)


def _status(job: JobRecord) -> bytes:
    at = job.finished_ms if job.ended else job.started_ms or job.created_ms
    values: dict[str, Any] = {"id": job.id, "status": job.state, "attempt": job.attempts, "at": instant(at)}
    return _encode(values)
