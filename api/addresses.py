"""Every address of the API: its endpoint, what goes in, and everything that can come out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from api import checks, described, events, health, jobs, metrics, models, outputs, schemas, uploads, usage
from api.described import IDEMPOTENCY, JOB_ID, NAME, NUMBER, PREFER, STORED, TOKEN_ID, WHO, Json

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One method on one path. ``answers`` maps each status of success to the headers it brings."""

    operation_id: str
    method: str
    path: str
    endpoint: Endpoint
    tag: str
    shape: type[schemas.Shape] | None
    answers: dict[int, tuple[str, ...]] = field(default_factory=lambda: {200: ()})
    problems: tuple[str, ...] = ()
    parameters: tuple[Json, ...] = ()
    body: Json | None = None
    media: tuple[str, ...] = ()  # content types of answers that have no shape
    open: bool = False  # needs no key
    linked: bool = False  # needs no key from who holds a signed link


BODY = ("bad_request", "request_timeout")
WAITED = ("Preference-Applied",)
LIMITED = ("RateLimit-Policy", "RateLimit")
OUTPUT_PROBLEMS = (
    *WHO,
    *STORED,
    *("invalid_request", "job_not_found", "output_not_available", "link_invalid", "range_not_satisfiable"),
)

ADDRESSES = (
    Address(
        operation_id="submit_job",
        method="POST",
        path="/v1/models/{name}/jobs",
        endpoint=jobs.submit,
        tag="jobs",
        shape=schemas.Job,
        answers={
            202: ("Location", "Preference-Applied", "Idempotent-Replayed", *LIMITED),
            200: ("Location", "Preference-Applied", "Idempotent-Replayed", *LIMITED),
        },
        problems=(
            *WHO,
            *STORED,
            *BODY,
            *("invalid_json", "model_not_found", "version_not_found", "job_not_found", "model_not_ready"),
            *("input_too_large", "invalid_request", "idempotency_mismatch", "rate_limited", "queue_full", "busy"),
            *("queued_bytes_full", "kept_bytes_full", "input_over_queued_bytes"),
            *("quota_run_seconds", "quota_gpu_seconds"),
            *("quota_gpus", "no_gpu_worker"),
        ),
        parameters=(NAME, PREFER, IDEMPOTENCY, described.CANCEL_AFTER, *described.SUBMIT_QUERY),
        body=described.SUBMIT_BODY,
    ),
    Address(
        operation_id="get_job",
        method="GET",
        path="/v1/jobs/{id}",
        endpoint=jobs.show,
        tag="jobs",
        shape=schemas.Job,
        answers={200: WAITED},
        problems=(*WHO, "job_not_found"),
        parameters=(JOB_ID, PREFER),
    ),
    Address(
        operation_id="follow_job",
        method="GET",
        path="/v1/jobs/{id}/events",
        endpoint=events.events,
        tag="jobs",
        shape=None,
        media=("text/event-stream",),
        answers={200: (), 204: ()},
        problems=(*WHO, "job_not_found", "invalid_request", "too_many_streams"),
        parameters=(JOB_ID, *described.EVENT_PLACE),
    ),
    Address(
        operation_id="get_output",
        method="GET",
        path="/v1/jobs/{id}/output",
        endpoint=outputs.output,
        tag="jobs",
        shape=None,
        answers={200: described.OUTPUT_HEADERS, 206: (*described.OUTPUT_HEADERS, "Content-Range")},
        media=described.OUTPUT_MEDIA,
        problems=OUTPUT_PROBLEMS,
        parameters=(JOB_ID, *described.LINK_QUERY, described.RANGE),
        linked=True,
    ),
    Address(
        operation_id="head_output",
        method="HEAD",
        path="/v1/jobs/{id}/output",
        endpoint=outputs.output,
        tag="jobs",
        shape=None,
        answers={200: described.OUTPUT_HEADERS, 206: (*described.OUTPUT_HEADERS, "Content-Range")},
        problems=OUTPUT_PROBLEMS,
        parameters=(JOB_ID, *described.LINK_QUERY, described.RANGE),
        linked=True,
    ),
    Address(
        operation_id="cancel_job",
        method="POST",
        path="/v1/jobs/{id}/cancel",
        endpoint=jobs.cancel,
        tag="jobs",
        shape=schemas.Job,
        problems=(*WHO, "job_not_found", "job_not_cancelable"),
        parameters=(JOB_ID,),
    ),
    Address(
        operation_id="list_jobs",
        method="GET",
        path="/v1/jobs",
        endpoint=jobs.index,
        tag="jobs",
        shape=schemas.JobPage,
        problems=(*WHO, "invalid_request", "model_not_found"),
        parameters=tuple(described.LIST_QUERY),
    ),
    Address(
        operation_id="upload_model",
        method="POST",
        path="/v1/models",
        endpoint=uploads.create,
        tag="models",
        shape=schemas.Version,
        answers={201: ("Location",)},
        problems=(
            *WHO,
            *STORED,
            *BODY,
            *("forbidden_scope", "not_multipart", "invalid_multipart", "missing_part", "invalid_name"),
            *("invalid_request", "invalid_json", "source_too_large", "upload_too_large", "not_safetensors"),
            *("pickle_refused", "weights_truncated", "quota_models", "quota_versions", "quota_storage"),
            *("quota_gpus", "no_gpu_worker"),
        ),
        body=described.UPLOAD_BODY,
    ),
    Address(
        operation_id="list_models",
        method="GET",
        path="/v1/models",
        endpoint=models.index,
        tag="models",
        shape=schemas.ModelList,
        problems=WHO,
    ),
    Address(
        operation_id="get_model",
        method="GET",
        path="/v1/models/{name}",
        endpoint=models.show,
        tag="models",
        shape=schemas.Model,
        problems=(*WHO, "model_not_found"),
        parameters=(NAME,),
    ),
    Address(
        operation_id="delete_model",
        method="DELETE",
        path="/v1/models/{name}",
        endpoint=models.delete,
        tag="models",
        shape=None,
        answers={204: ()},
        problems=(*WHO, "forbidden_scope", "model_not_found"),
        parameters=(NAME,),
    ),
    Address(
        operation_id="get_version",
        method="GET",
        path="/v1/models/{name}/versions/{number}",
        endpoint=models.show_version,
        tag="models",
        shape=schemas.Version,
        answers={200: WAITED},
        problems=(*WHO, "model_not_found", "version_not_found"),
        parameters=(NAME, NUMBER, PREFER),
    ),
    Address(
        operation_id="create_token",
        method="POST",
        path="/v1/models/{name}/tokens",
        endpoint=models.create_token,
        tag="tokens",
        shape=schemas.NewToken,
        answers={201: ("Location",)},
        problems=(
            *WHO,
            *BODY,
            *("forbidden_scope", "model_not_found", "invalid_json", "invalid_request", "body_too_large"),
        ),
        parameters=(NAME,),
        body=described.TOKEN_BODY,
    ),
    Address(
        operation_id="list_tokens",
        method="GET",
        path="/v1/models/{name}/tokens",
        endpoint=models.list_tokens,
        tag="tokens",
        shape=schemas.TokenList,
        problems=(*WHO, "forbidden_scope", "model_not_found"),
        parameters=(NAME,),
    ),
    Address(
        operation_id="revoke_token",
        method="DELETE",
        path="/v1/models/{name}/tokens/{id}",
        endpoint=models.revoke_token,
        tag="tokens",
        shape=None,
        answers={204: ()},
        problems=(*WHO, "forbidden_scope", "model_not_found", "token_not_found"),
        parameters=(NAME, TOKEN_ID),
    ),
    Address(
        operation_id="check_source",
        method="POST",
        path="/v1/check",
        endpoint=checks.check,
        tag="policy",
        shape=schemas.Verdict,
        problems=(*WHO, *BODY, "forbidden_scope", "invalid_json", "invalid_request", "source_too_large"),
        body=described.CHECK_BODY,
    ),
    Address(
        operation_id="get_webhook_secret",
        method="GET",
        path="/v1/webhooks/secret",
        endpoint=models.webhook_secret,
        tag="webhooks",
        shape=schemas.WebhookSecret,
        problems=(*WHO, "forbidden_scope"),
    ),
    Address(
        operation_id="get_usage",
        method="GET",
        path="/v1/usage",
        endpoint=usage.usage,
        tag="usage",
        shape=schemas.Usage,
        problems=(*WHO, "forbidden_scope", "invalid_request"),
        parameters=tuple(described.USAGE_QUERY),
    ),
    Address(
        operation_id="healthz",
        method="GET",
        path="/healthz",
        endpoint=health.healthz,
        tag="operations",
        shape=schemas.Health,
        open=True,
    ),
    Address(
        operation_id="readyz",
        method="GET",
        path="/readyz",
        endpoint=health.readyz,
        tag="operations",
        shape=schemas.Readiness,
        problems=("redis_unavailable", "catalog_unavailable", "no_worker", "engine_unreachable", "worker_fault"),
        open=True,
    ),
    Address(
        operation_id="metrics",
        method="GET",
        path="/metrics",
        endpoint=metrics.show,
        tag="operations",
        shape=None,
        media=("text/plain",),
        open=True,
    ),
)
