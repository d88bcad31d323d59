"""What an endpoint is told: the job as the API shows it, in the envelope of the Standard Webhooks specification."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from store.deliveries import Due, event_body
from store.jobs.records import JobRecord
from store.links import Links

INLINE_OUTPUT_BYTES = 64 * 1024  # larger outputs are fetched by their URL
STARTED = "job.started"


def build(job: JobRecord, *, event: str = "", public_url: str = "", links: Links | None = None) -> bytes:
    """The body of a delivery, UTF-8 JSON. An ended job always gives the same bytes.

    With ``links`` the address of a success's output opens without a key. ``event`` defaults to the job's end. For
    ``job.started`` it is told as it was then, whatever it is now.
    """
    if event == STARTED:
        data = job_json(_as_started(job), public_url=public_url)
        return _enveloped(STARTED, data["started_at"], data)
    data = job_json(job, public_url=public_url, links=links)
    return _enveloped(f"job.{job.state}", data["finished_at"], data)


def build_bare(due: Due, *, record_expired: bool, public_url: str = "") -> bytes:
    """The body for a job of which nothing but the event can be told, mostly because its record has expired."""
    status = "running" if due.event == STARTED else due.event.removeprefix("job.")
    urls = _urls(due.subject, public_url=public_url, signed="")
    data = {"id": due.subject, "status": status, "record_expired": record_expired, "urls": urls}
    return event_body(due.event, data, at_ms=due.at_ms)


def job_json(job: JobRecord, *, public_url: str, links: Links | None = None) -> dict[str, Any]:
    """The job's JSON; ``output`` is null when it is larger than 64 KiB, and ``urls.output`` says where it is."""
    output, encoding = _output(job)
    return {
        "id": job.id,
        "model": job.model,
        "version": job.version_number,
        "status": job.state,
        "output": output,
        "output_encoding": encoding,
        "output_bytes": _left_out_bytes(job),
        "error": _error(job),
        "logs": _text(job.logs),
        "logs_truncated": job.logs_truncated,
        "created_at": _iso(job.created_ms),
        "started_at": _iso(job.started_ms),
        "finished_at": _iso(job.finished_ms),
        "queue_seconds": _seconds(job.created_ms, job.started_ms),
        "predict_seconds": job.predict_seconds,
        "attempts": job.attempts,
        "urls": _urls(job.id, public_url=public_url, signed=_signed(job, links)),
    }


def _enveloped(event: str, timestamp: str | None, data: dict[str, Any]) -> bytes:
    return msgspec.json.encode({"type": event, "timestamp": timestamp, "data": data})


def _as_started(job: JobRecord) -> JobRecord:
    return replace(
        job,
        state="running",
        finished_ms=0,
        predict_seconds=None,
        error_type="",
        logs="",
        logs_truncated=False,
        output=None,
        output_stored=None,
    )


def _output(job: JobRecord) -> tuple[Any, str | None]:
    """The output where it is small and sound. It comes from a sandbox: JSON is spliced in only once it parsed whole."""
    encoding = "json" if job.output_kind == "json" else "base64"
    if job.output is None:
        return None, None if job.output_stored is None else encoding
    if len(job.output) > INLINE_OUTPUT_BYTES:
        return None, encoding
    if encoding == "base64":
        return base64.b64encode(job.output).decode(), encoding
    return (msgspec.Raw(job.output) if _is_json(job.output) else None), encoding


def _left_out_bytes(job: JobRecord) -> int | None:
    """The size of an output that is too large to be told here."""
    if job.output_stored is not None:
        return job.output_stored.size_bytes
    return len(job.output) if job.output is not None and len(job.output) > INLINE_OUTPUT_BYTES else None


def _is_json(output: bytes) -> bool:
    try:
        json.loads(output.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return False
    return True


def _no_constant(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are Python's, not JSON's


def _error(job: JobRecord) -> dict[str, Any] | None:
    if not job.error_type:
        return None
    return {
        "type": job.error_type,
        "message": _text(job.error_message),
        "traceback": _text(job.error_traceback),
        "signal": job.error_signal,
    }


def _signed(job: JobRecord, links: Links | None) -> str:
    """The signature of a success's output. It ends a lifetime after the job, so that each attempt says the same."""
    if links is None or job.state != "succeeded":
        return ""
    return "?" + links.query(job.id, expires=job.finished_ms // 1000 + links.lifetime_seconds)


def _urls(job_id: str, *, public_url: str, signed: str) -> dict[str, str]:
    own = f"{public_url.rstrip('/')}/v1/jobs/{job_id}"
    return {"self": own, "cancel": f"{own}/cancel", "output": f"{own}/output{signed}"}


def _text(text: str) -> str:
    return text.encode(errors="replace").decode()  # what a model printed may hold lone surrogates


def _iso(milliseconds: int) -> str | None:
    if not milliseconds:
        return None
    moment = datetime.fromtimestamp(milliseconds / 1000, tz=UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _seconds(start_ms: int, end_ms: int) -> float | None:
    return round((end_ms - start_ms) / 1000, 3) if start_ms and end_ms else None
