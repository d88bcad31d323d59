"""The API's answers as bytes."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import msgspec
from starlette.responses import Response

from policies.verdict import Verdict
from store.batches.records import BatchRecord
from store.catalog.records import Model, Version
from store.jobs.records import JobRecord, Page
from store.links import Links

JSON = "application/json"

_encode = msgspec.json.Encoder().encode


class JobUrls(msgspec.Struct):
    """Where to ask next."""

    self: str
    cancel: str
    output: str


class JobError(msgspec.Struct):
    """Why a job failed: a machine-readable type, a sentence, the model's own traceback."""

    type: str
    message: str
    traceback: str
    signal: int | None


class JobView(msgspec.Struct):
    """A job as the API shows it. ``output`` is spliced in as the JSON it already is."""

    id: str
    model: str
    version: int
    status: str
    output: msgspec.Raw | str | None
    output_encoding: str | None
    output_bytes: int | None
    error: JobError | None
    logs: str
    logs_truncated: bool
    created_at: str
    started_at: str | None
    finished_at: str | None
    queue_seconds: float | None
    predict_seconds: float | None
    attempts: int
    urls: JobUrls


def json_response(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(_encode(body), status, headers, JSON)


def job_view(job: JobRecord, links: Links | None = None) -> JobView:
    """The public side of a job's record. With ``links`` the output's address needs no key."""
    output: msgspec.Raw | str | None = None
    if job.output is not None:
        output = msgspec.Raw(job.output) if job.output_kind == "json" else base64.b64encode(job.output).decode()
    return JobView(
        id=job.id,
        model=job.model,
        version=job.version_number,
        status=job.state,
        output=output,
        output_encoding=_encoding(job),
        output_bytes=None if job.output_stored is None else job.output_stored.size_bytes,
        error=_error(job),
        logs=job.logs,
        logs_truncated=job.logs_truncated,
        created_at=instant(job.created_ms) or "",
        started_at=instant(job.started_ms),
        finished_at=instant(job.finished_ms),
        queue_seconds=(job.started_ms - job.created_ms) / 1000 if job.started_ms else None,
        predict_seconds=job.predict_seconds,
        attempts=job.attempts,
        urls=_urls(job, links),
    )


def batch_view(record: BatchRecord, *, running: int) -> dict[str, Any]:
    """The public side of a batch: how many of its lines are where."""
    path = batch_path(record.id)
    return {
        "id": record.id,
        "model": record.model,
        "version": record.version_number,
        "status": record.state,
        "total": record.total,
        "queued": max(0, record.total - record.lines_ended - running),
        "running": running,
        "succeeded": record.succeeded,
        "failed": record.failed,
        "canceled": record.canceled,
        "expired": record.expired,
        "results": record.done,
        "waits_for": record.waits_for or None,
        "created_at": instant(record.created_ms),
        "finished_at": instant(record.finished_ms),
        "urls": {"self": path, "results": f"{path}/results", "cancel": f"{path}/cancel"},
    }


def batch_path(batch_id: str) -> str:
    """The path of a batch."""
    return f"/v1/batches/{batch_id}"


def page_view(page: Page, links: Links) -> dict[str, Any]:
    """One page of jobs, and where the next one begins."""
    return {"jobs": [job_view(job, links) for job in page.jobs], "next_cursor": page.next_cursor}


def version_view(version: Version) -> dict[str, Any]:
    """A version, with its verdict and, when loading failed, the model's own error."""
    path = model_path(version.model_name)
    return {
        "id": version.id,
        "model_id": version.model_id,
        "model": version.model_name,
        "version": version.number,
        "status": version.status,
        "class_name": version.class_name,
        "config": version.config,
        "verdict": verdict_view(version.verdict),
        "error": version.error,
        "load_mode": version.load_mode,
        "source_sha256": version.source_sha256,
        "source_bytes": version.source_bytes,
        "weights_sha256": version.weights_sha256,
        "weights_bytes": version.weights_bytes,
        "created_at": version.created_at,
        "checked_at": version.checked_at,
        "urls": {"self": f"{path}/versions/{version.number}", "model": path, "jobs": f"{path}/jobs"},
    }


def model_view(model: Model) -> dict[str, Any]:
    """A model with its versions, newest first. ``ready_version`` is the one that serves jobs."""
    ready = model.latest_ready
    path = model_path(model.name)
    return {
        "id": model.id,
        "name": model.name,
        "created_at": model.created_at,
        "ready_version": None if ready is None else ready.number,
        "latest_version": model.latest.number,
        "versions": [version_view(version) for version in reversed(model.versions)],
        "urls": {"self": path, "jobs": f"{path}/jobs", "tokens": f"{path}/tokens"},
    }


def verdict_view(verdict: Verdict) -> dict[str, Any]:
    """A verdict: accepted or every violation with line, column, code and what to do."""
    return {"accepted": verdict.accepted, **verdict.to_dict()}


def model_path(name: str) -> str:
    """The path of a model; names may hold spaces."""
    return f"/v1/models/{quote(name, safe='')}"


def job_path(job_id: str) -> str:
    """The path of a job."""
    return f"/v1/jobs/{job_id}"


def instant(ms: int) -> str | None:
    """RFC 3339 in UTC, to the millisecond; None for 0, which means: not yet."""
    if not ms:
        return None
    seconds, rest = divmod(ms, 1000)
    return f"{_second(seconds)}.{rest:03d}Z"


@lru_cache(maxsize=1024)
def _second(seconds: int) -> str:
    """Jobs of the same second, and there are thousands, share its spelling."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").removesuffix("+00:00")


def _urls(job: JobRecord, links: Links | None) -> JobUrls:
    path = job_path(job.id)
    signed = f"?{links.query(job.id)}" if links is not None and job.state == "succeeded" else ""
    return JobUrls(self=path, cancel=f"{path}/cancel", output=f"{path}/output{signed}")


def _encoding(job: JobRecord) -> str | None:
    """How the output is written here, or what it is where it is too large to stand here."""
    if job.output is None and job.output_stored is None:
        return None
    return "json" if job.output_kind == "json" else "base64"


def _error(job: JobRecord) -> JobError | None:
    if not job.error_type:
        return None
    return JobError(
        type=job.error_type, message=job.error_message, traceback=job.error_traceback, signal=job.error_signal
    )
