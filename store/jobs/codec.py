"""Job records as Redis holds them: short field names, bytes; and the announcement of an ended job."""

from __future__ import annotations

from collections.abc import Mapping

from store.jobs.records import TERMINAL, JobRecord


def decode_record(job_id: str, fields: Mapping[bytes, bytes], output: bytes | None) -> JobRecord:
    """The record behind the hash ``job:{id}``. The fields are listed in ``lua/common.lua``."""

    def text(name: bytes) -> str:
        return fields.get(name, b"").decode("utf-8", "replace")

    def number(name: bytes) -> int:
        return int(fields.get(name, b"0") or b"0")

    state = text(b"s")
    micros = fields.get(b"p")
    signal = fields.get(b"es")
    return JobRecord(
        id=job_id,
        tenant_id=text(b"t"),
        model=text(b"m"),
        version_id=text(b"v"),
        version_number=number(b"n"),
        state=state,  # type: ignore[arg-type]  # written by our own scripts only
        created_ms=number(b"c"),
        started_ms=number(b"b"),
        finished_ms=number(b"e"),
        predict_seconds=int(micros) / 1e6 if micros else None,
        attempts=number(b"a"),
        timeout_seconds=float(fields.get(b"to", b"0")),
        deadline_ms=number(b"dl"),
        webhook=text(b"hook"),
        error_type=text(b"et") if state in TERMINAL else "",
        error_message=text(b"em") if state in TERMINAL else "",
        error_traceback=text(b"eb") if state in TERMINAL else "",
        error_signal=int(signal) if signal else None,
        logs=text(b"lg"),
        logs_truncated=fields.get(b"lt") == b"1",
        output_kind="bytes" if fields.get(b"ok") == b"bytes" else "json",
        output=output if state == "succeeded" else None,
    )


def decode_announcement(message: bytes) -> tuple[str, dict[bytes, bytes], bytes | None]:
    """Job id, fields and output (None where it was too large to be announced)."""
    parts: list[bytes] = []
    at = 0
    while at < len(message):
        size = int.from_bytes(message[at : at + 4], "big")
        parts.append(message[at + 4 : at + 4 + size])
        at += 4 + size
    fields = dict(zip(parts[1::2], parts[2::2], strict=True))
    return parts[0].decode(), fields, fields.pop(b"out", None)
