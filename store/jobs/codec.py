"""Job records as Redis holds them: short field names, bytes; and the announcement of an ended job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import hiredis

from store.hashes import HashFields
from store.jobs.records import TERMINAL, JobRecord, Printed, Standing
from store.payloads.names import read_mark


def decode_standing(parts: Sequence[Any]) -> Standing:
    """What the scripts that let something in append to their answers; with a fourth part it is of a batch."""
    return Standing(
        jobs=int(parts[0]),
        next_seconds=int(parts[1]) / 1e6,
        queue=int(parts[2]),
        batches=int(parts[3]) if len(parts) > 3 else None,
    )


def decode_record(job_id: str, fields: Mapping[bytes, bytes], output: bytes | None) -> JobRecord:
    """The record behind the hash ``job:{id}``. The fields are listed in ``lua/common.lua``."""
    found = HashFields(fields)
    state = found.text(b"s")
    micros = fields.get(b"p")
    signal = fields.get(b"es")
    output_kind, stored = read_mark(found.text(b"ok"), job_id=job_id)
    return JobRecord(
        id=job_id,
        tenant_id=found.text(b"t"),
        model=found.text(b"m"),
        version_id=found.text(b"v"),
        version_number=found.number(b"n"),
        state=state,  # type: ignore[arg-type]  # written by our own scripts only
        created_ms=found.number(b"c"),
        started_ms=found.number(b"b"),
        finished_ms=found.number(b"e"),
        predict_seconds=int(micros) / 1e6 if micros else None,
        attempts=found.number(b"a"),
        fence=found.number(b"f"),
        timeout_seconds=float(fields.get(b"to", b"0")),
        deadline_ms=found.number(b"dl"),
        webhook=found.text(b"hook"),
        error_type=found.text(b"et") if state in TERMINAL else "",
        error_message=found.text(b"em") if state in TERMINAL else "",
        error_traceback=found.text(b"eb") if state in TERMINAL else "",
        error_signal=int(signal) if signal else None,
        logs=found.text(b"lg"),
        logs_truncated=fields.get(b"lt") == b"1",
        output_kind="bytes" if output_kind == "bytes" else "json",
        output=output if state == "succeeded" else None,
        output_stored=stored if state == "succeeded" else None,
    )


def decode_printed(entry: Sequence[Any]) -> Printed:
    """One entry of the stream ``printed:{id}``: its fields in the order print.lua writes them."""
    name, (_, attempt, _, fence, _, text) = entry
    return Printed(name.decode(), int(attempt), int(fence), text.decode("utf-8", "replace"))


# The fields of an announcement, in the order `announce` in common.lua writes them.
ANNOUNCED = ("t", "m", "v", "n", "s", "c", "b", "e", "a", "p", "et", "em", "eb", "es", "lg", "lt", "ok")


def decode_announcement(message: bytes) -> tuple[str, list[bytes], bytes | None]:
    """Job id, the ANNOUNCED values ("" where unset) and the output (None: too large to be announced, or none)."""
    reader = hiredis.Reader()
    reader.feed(message)
    parts = reader.gets()
    return parts[0].decode(), parts[1:-1], parts[-1]


def decode_ended(job_id: str, values: list[bytes], output: bytes | None) -> JobRecord:
    """The record of an ended job from its announcement: what an answer shows, and nothing else."""
    t, m, v, n, s, c, b, e, a, p, et, em, eb, es, lg, lt, ok = values
    output_kind, stored = read_mark(ok.decode(), job_id=job_id)
    return JobRecord(
        id=job_id,
        tenant_id=t.decode(),
        model=m.decode(),
        version_id=v.decode(),
        version_number=int(n),
        state=s.decode(),  # type: ignore[arg-type]  # written by our own scripts only
        created_ms=int(c),
        started_ms=int(b or 0),
        finished_ms=int(e or 0),
        predict_seconds=int(p) / 1e6 if p else None,
        attempts=int(a or 0),
        error_type=et.decode(),
        error_message=em.decode("utf-8", "replace"),
        error_traceback=eb.decode("utf-8", "replace"),
        error_signal=int(es) if es else None,
        logs=lg.decode("utf-8", "replace"),
        logs_truncated=lt == b"1",
        output_kind="bytes" if output_kind == "bytes" else "json",
        output=output,
        output_stored=stored,
    )
