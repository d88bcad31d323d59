"""What payloads are called, and how a job's record says that it has one.

A name tells everything a sweep has to know: whose it is, which of its two it is, and under which fence it was
written. Two workers that both ran a job write under two names, and the record says whose counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NAME = re.compile(
    r"(?P<owner>(?:job|bat)_[0-9a-z]{26})\."
    r"(?P<part>in|out|lines|results)(?:-(?P<detail>[0-9]+(?:-[0-9]+)*))?"
)
_MARK = re.compile(r"([a-z]+)@([0-9]+)(?:\.([0-9]+))?")


@dataclass(frozen=True, slots=True)
class Stored:
    """A payload in the blob store."""

    name: str
    size_bytes: int


def input_name(job_id: str) -> str:
    """The input of a job."""
    return f"{job_id}.in"


def output_name(job_id: str, fence: int) -> str:
    """The output of a job as the worker with that fence wrote it."""
    return f"{job_id}.out-{fence}"


def mark(kind: str, size_bytes: int, *, fence: int | None = None) -> str:
    """What stands in a record for "of this kind, in the blob store": ``bytes@1048576`` or ``json@1048576.2``."""
    return f"{kind}@{size_bytes}" + ("" if fence is None else f".{fence}")


def read_mark(text: str, *, job_id: str) -> tuple[str, Stored | None]:
    """The kind, and where the payload is; None where it is beside the record, in Redis."""
    found = _MARK.fullmatch(text) if "@" in text else None
    if found is None:
        return text, None
    kind, size, fence = found[1], int(found[2]), found[3]
    return kind, Stored(input_name(job_id) if fence is None else output_name(job_id, int(fence)), size)
