"""Problems: the one place that knows HTTP statuses. RFC 9457, one stable ``code`` for each kind.

Problem            raised by the API itself, and made from every StoreError by its code
(framework errors) 404, 405 and whatever else the framework raises come out in the same shape
(anything else)    500 ``internal``: logged with a request id, never explained to the caller
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from store.errors import StoreError

log = structlog.get_logger()

PROBLEM_TYPE = "application/problem+json"
RETRY_SECONDS = 2  # what a 503 asks for: about the time a restarted Redis or worker needs


# The one problem type that clients of many services know; `violated-policies` and our code say which quota it is.
QUOTA_EXCEEDED = "https://iana.org/assignments/http-problem-types#quota-exceeded"

REDUCED_CAPACITY = "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity"


@dataclass(frozen=True, slots=True)
class Kind:
    """How one code is told over HTTP. ``type`` where somebody else has registered one; else a URN of the code."""

    status: int
    title: str
    type: str = ""


PROBLEMS: dict[str, Kind] = {
    # Who is asking
    "unauthorized": Kind(401, "A valid key is needed"),
    "forbidden_scope": Kind(403, "This key may not do that"),
    "tenant_suspended": Kind(403, "The tenant is suspended"),
    # What is asked for
    "not_found": Kind(404, "There is nothing here"),
    "method_not_allowed": Kind(405, "The method is not offered here"),
    "model_not_found": Kind(404, "No such model"),
    "version_not_found": Kind(404, "No such version"),
    "job_not_found": Kind(404, "No such job"),
    "token_not_found": Kind(404, "No such access token"),
    "webhook_not_found": Kind(404, "No such webhook"),
    "delivery_not_found": Kind(404, "No such delivery"),
    "model_not_ready": Kind(409, "The model has no version that can run"),
    "job_not_cancelable": Kind(409, "The job has already ended"),
    "output_not_available": Kind(409, "The job has no output"),
    "batch_not_found": Kind(404, "No such batch"),
    "batch_not_cancelable": Kind(409, "The batch has already ended"),
    "invalid_line": Kind(422, "A line of the batch can't be used"),
    "batch_too_large": Kind(413, "The batch is too large"),
    "batches_full": Kind(429, "Too many open batches", QUOTA_EXCEEDED),
    "link_invalid": Kind(403, "The link does not hold"),
    "range_not_satisfiable": Kind(416, "The output has no such bytes"),
    # How it is asked
    "bad_request": Kind(400, "The request can't be understood"),
    "invalid_json": Kind(400, "The body is not JSON"),
    "invalid_request": Kind(422, "The request is not valid"),
    "invalid_name": Kind(422, "The name is not valid"),
    "idempotency_mismatch": Kind(422, "The idempotency key belongs to another request"),
    "input_too_large": Kind(413, "The input is too large"),
    "body_too_large": Kind(413, "The body is too large"),
    "request_timeout": Kind(408, "The body did not arrive"),
    # Webhooks
    "webhook_url_refused": Kind(422, "Nothing may be sent to that URL"),
    "webhook_disabled": Kind(409, "The webhook is disabled"),
    "webhook_held": Kind(403, "The operator disabled the webhook"),
    "delivery_under_way": Kind(409, "The delivery is being sent"),
    "delivery_gone": Kind(409, "The delivery can't be sent again"),
    "deliveries_full": Kind(429, "Too many deliveries wait"),
    "asked_too_often": Kind(429, "Too many tests and redeliveries"),
    "encoding_not_supported": Kind(415, "The body's content coding is not supported"),
    "form_not_supported": Kind(415, "The body is a form"),
    # Uploads
    "not_multipart": Kind(415, "The upload is not multipart/form-data"),
    "invalid_multipart": Kind(400, "The multipart body is malformed"),
    "missing_part": Kind(422, "A part of the upload is missing"),
    "source_too_large": Kind(413, "The source is too large"),
    "upload_too_large": Kind(413, "The upload is too large"),
    "not_safetensors": Kind(422, "The weights are not safetensors"),
    "pickle_refused": Kind(422, "Pickled weights are refused"),
    "weights_truncated": Kind(422, "The weights end too early"),
    # Quotas
    "quota_models": Kind(403, "The quota of models is used up"),
    "quota_versions": Kind(403, "The quota of versions is used up"),
    "quota_webhooks": Kind(403, "The quota of webhooks is used up"),
    "quota_storage": Kind(413, "The quota of storage is used up"),
    "quota_gpus": Kind(403, "The quota of GPUs does not allow it"),
    "rate_limited": Kind(429, "Too many requests", QUOTA_EXCEEDED),
    "queue_full": Kind(429, "Too many queued jobs", QUOTA_EXCEEDED),
    "queued_bytes_full": Kind(429, "Too many bytes are queued", QUOTA_EXCEEDED),
    "kept_bytes_full": Kind(429, "Too many bytes of results are kept", QUOTA_EXCEEDED),
    "quota_run_seconds": Kind(429, "The month's run seconds are used up", QUOTA_EXCEEDED),
    "quota_gpu_seconds": Kind(429, "The month's GPU seconds are used up", QUOTA_EXCEEDED),
    "input_over_queued_bytes": Kind(413, "The input is larger than all that may be queued"),
    "too_many_streams": Kind(429, "Too many open event streams"),
    # The platform
    "redis_unavailable": Kind(503, "The job store is not reachable"),
    "catalog_unavailable": Kind(503, "The catalogue is not reachable"),
    "blobs_unavailable": Kind(503, "The blob store is not reachable"),
    "disk_full": Kind(503, "The disk is full"),
    "redis_full": Kind(503, "The job store is nearly full", REDUCED_CAPACITY),
    "disk_nearly_full": Kind(503, "The disk is nearly full", REDUCED_CAPACITY),
    "engine_full": Kind(503, "The engine has as many queued jobs as it takes", REDUCED_CAPACITY),
    "no_worker": Kind(503, "No worker is up"),
    "no_gpu_worker": Kind(503, "No GPU worker is up"),
    "engine_unreachable": Kind(503, "The workers can't reach the container engine"),
    "worker_fault": Kind(503, "The workers can't serve"),
    "busy": Kind(503, "The platform is changing too fast to decide"),
    "internal": Kind(500, "Something broke on our side"),
}


class Problem(Exception):
    """An answer that is not what was asked for, with a sentence that says what to do about it."""

    def __init__(self, code: str, detail: str, *, headers: Mapping[str, str] | None = None, **extension: Any) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})
        self.extension = extension


def problem_response(problem: Problem) -> Response:
    """The problem as a response; 503 always says when to come back."""
    kind = PROBLEMS[problem.code]
    body = {
        "type": kind.type or f"urn:cloche:problem:{problem.code}",
        "title": kind.title,
        "status": kind.status,
        "detail": problem.detail,
        "code": problem.code,
        **problem.extension,
    }
    headers = {"cache-control": "no-store", **problem.headers}
    if kind.status == 503:
        headers.setdefault("retry-after", str(RETRY_SECONDS))
    if kind.status == 401:
        headers.setdefault("www-authenticate", 'Bearer realm="cloche"')
    return Response(msgspec.json.encode(body), kind.status, headers, PROBLEM_TYPE)


# What a store's error is called over HTTP, and the sentence for the caller where the error's own speaks to
# the operator. A code that is not here is our bug, and comes out as ``internal``.
STORE_CODES: dict[str, tuple[str, str | None]] = {
    "not_found": ("not_found", None),
    "model_unknown": ("model_not_found", None),
    "version_unknown": ("version_not_found", None),
    "key_unknown": ("token_not_found", "There is no such access token for this model."),
    "invalid_name": ("invalid_name", None),
    "invalid_config": ("invalid_request", None),
    "tenant_suspended": ("tenant_suspended", None),
    "quota_models": ("quota_models", None),
    "quota_versions": ("quota_versions", None),
    "quota_storage": ("quota_storage", None),
    "quota_webhooks": ("quota_webhooks", None),
    "webhook_unknown": ("webhook_not_found", "There is no such webhook; GET /v1/webhooks lists what there is."),
    "webhook_held": ("webhook_held", None),
    "unavailable": ("busy", "A part of the platform is away; try again in a few seconds."),
    "redis_unavailable": (
        "redis_unavailable",
        "The job store is away; accepted jobs are kept. Try again in a few seconds, with the same Idempotency-Key.",
    ),
    "catalog_unavailable": ("catalog_unavailable", "The catalogue is away; try again in a few seconds."),
    "catalog_too_new": ("catalog_unavailable", "The catalogue is being upgraded; try again later."),
    "blobs_unavailable": ("blobs_unavailable", "The blob store is away; try again in a few seconds."),
    "payload_unknown": ("output_not_available", "The output is not there any more: its time is over."),
    "disk_full": ("disk_full", "The platform's disk is full; try again later."),
}


def from_store(error: StoreError) -> Problem:
    """The problem behind a store's error. What only the operator can understand goes to the log."""
    code, sentence = STORE_CODES.get(error.code, ("internal", "The request could not be served; the fault is ours."))
    if PROBLEMS[code].status >= 500:
        log.warning("store_failed", error=error.code, detail=str(error))
    extension = {name: getattr(error, name) for name in ("limit", "used") if hasattr(error, name)}
    return Problem(code, sentence or str(error), **extension)


def from_framework(error: HTTPException) -> Problem:
    """The problem behind the framework's own errors, keeping headers such as Allow."""
    headers = error.headers or {}
    match error.status_code:
        case 404:
            return Problem("not_found", "No such address. The API is described at /docs.", headers=headers)
        case 405:
            allowed = headers.get("Allow", "other methods")
            return Problem("method_not_allowed", f"This address answers {allowed} only.", headers=headers)
        case 413:
            return Problem("body_too_large", "Send a smaller body.", headers=headers)
        case status if status < 500:
            return Problem("bad_request", "The request can't be understood.", headers=headers)
    return Problem("internal", "The request could not be served.", headers=headers)


def install(app: FastAPI) -> None:
    """Make every error of the application come out as a problem."""
    handlers: dict[type[Exception], Callable[[Any], Problem]] = {
        Problem: lambda error: error,
        StoreError: from_store,
        HTTPException: from_framework,
        RequestValidationError: lambda _: Problem("invalid_request", "The request is not valid; see /docs."),
    }
    for kind, translate in handlers.items():
        app.add_exception_handler(kind, _handler(translate))


def _handler(translate: Callable[[Any], Problem]) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handle(request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException) and error.status_code == 405:
            error = HTTPException(405, headers={"Allow": _offered(request)})
        return problem_response(translate(error))

    return handle


def _offered(request: Request) -> str:
    """Every method of an address. The framework knows one route for each, and names the first one's."""
    routes = [route for route in request.app.routes if isinstance(route, Route)]
    here = next((route.path for route in routes if route.path_regex.match(request.scope["path"])), "")
    return ", ".join(sorted({method for route in routes if route.path == here for method in route.methods or ()}))
