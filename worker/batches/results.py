"""A line's result as it stands in a batch's results: one JSON object on one line."""

from __future__ import annotations

import base64
from typing import Any, Literal

import msgspec

from store.jobs.records import JobRecord

LOST = "The job's record was lost before its result was collected."


def render(index: int, label: str | None, job: JobRecord | None, output: bytes | None) -> bytes:
    """The result of a line that was a job; ``output`` is its output wherever that was."""
    if job is None:
        return _line(index, label, "failed", error=_error("platform", LOST))
    values: dict[str, Any] = {}
    if job.state == "succeeded" and output is not None:
        values = {"output": _spliced(job, output), "output_encoding": "json" if job.output_kind == "json" else "base64"}
    error = _error(job.error_type, job.error_message, job.error_traceback) if job.error_type else None
    return _line(index, label, job.state, error=error, predict_seconds=job.predict_seconds, **values)


def render_unrun(index: int, label: str | None, *, how: Literal["canceled", "failed", "expired"], why: str) -> bytes:
    """The result of a line that never became a job."""
    return _line(index, label, how, error=_error("model_unavailable", why) if how == "failed" else None)


def _line(
    index: int,
    label: str | None,
    status: str,
    *,
    output: Any = None,
    output_encoding: str | None = None,
    error: dict[str, str] | None = None,
    predict_seconds: float | None = None,
) -> bytes:
    values = {
        "index": index,
        "id": label,
        "status": status,
        "output": output,
        "output_encoding": output_encoding,
        "error": error,
        "predict_seconds": predict_seconds,
    }
    return msgspec.json.encode(values) + b"\n"


def _spliced(job: JobRecord, output: bytes) -> Any:
    if job.output_kind == "bytes":
        return base64.b64encode(output).decode()
    # JSON of a sandbox: in strings a line end is escaped, so one that isn't stands between values, as a space may.
    return msgspec.Raw(output.replace(b"\n", b" ").replace(b"\r", b" "))


def _error(kind: str, message: str, traceback: str = "") -> dict[str, str]:
    text = {"type": kind, "message": message, "traceback": traceback}
    return {name: value.encode(errors="replace").decode() for name, value in text.items()}
