"""From an RFC 9457 problem to the exception that names it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx

from cloche._errors import (
    ApiError,
    EngineUnavailable,
    ModelNotReady,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    QuotaExceeded,
    RateLimited,
    RequestInvalid,
)
from cloche._retry import retry_after_seconds

# What the problem's own fields are; everything else is an extension.
_STANDARD = frozenset({"type", "title", "status", "detail", "instance", "code"})

_BY_STATUS: dict[int, type[ApiError]] = {
    401: NotAuthenticated,
    403: NotAllowed,
    404: NotFound,
    429: RateLimited,
}


def error_from(response: httpx.Response) -> ApiError:
    """The exception for an answer of 400 or more. Never raises: a body that is no problem is quoted."""
    problem = _problem(response)
    code = str(problem.get("code") or f"http_{response.status_code}")
    kind = _kind(response.status_code, code)
    return kind(
        status=response.status_code,
        code=code,
        detail=_detail(problem, response),
        extensions={name: value for name, value in problem.items() if name not in _STANDARD},
        retry_after_seconds=retry_after_seconds(response.headers.get("Retry-After")),
    )


def _kind(status: int, code: str) -> type[ApiError]:
    if code.startswith("quota_"):
        return QuotaExceeded
    if code == "model_not_ready":
        return ModelNotReady
    if status >= 500:
        return EngineUnavailable
    return _BY_STATUS.get(status, RequestInvalid)


def _problem(response: httpx.Response) -> Mapping[str, Any]:
    try:
        body = json.loads(response.content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _detail(problem: Mapping[str, Any], response: httpx.Response) -> str:
    stated = problem.get("detail") or problem.get("title")
    if isinstance(stated, str):
        return stated
    text = response.text.strip()[:200]  # a proxy's page, say: enough of it to recognise
    return text or response.reason_phrase or "The engine gave no reason."
