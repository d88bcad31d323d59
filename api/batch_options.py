"""What a client asks for a whole batch besides its lines: in the query, and in the header Cancel-After."""

from __future__ import annotations

import math
from dataclasses import dataclass

from starlette.requests import Request

from api.durations import read_duration
from api.orders import CANCEL_AFTER_SECONDS, DEADLINE_SECONDS, check_url, within
from api.queries import Query, invalid
from policies.quotas import Quotas


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """None means: as the model or the quota says. ``deadline_seconds`` and the next count from the opening."""

    model: str
    version: int | None = None
    timeout_seconds: float | None = None
    deadline_seconds: float | None = None
    cancel_after_seconds: float | None = None
    webhook: str = ""


def read_options(request: Request, quotas: Quotas) -> BatchOptions:
    """The options of a request. Raises invalid_request."""
    query = Query(request, ("version", "timeout_seconds", "deadline_seconds", "cancel_after_seconds", "webhook"))
    webhook = query.text("webhook") or ""
    if webhook:
        check_url(webhook)
    return BatchOptions(
        model=request.path_params["name"],
        version=query.integer("version", default=0, minimum=1, maximum=999_999_999) or None,
        timeout_seconds=_seconds(query, "timeout_seconds", maximum=quotas.timeout_seconds),
        deadline_seconds=_seconds(query, "deadline_seconds", maximum=DEADLINE_SECONDS),
        cancel_after_seconds=_cancel_after(request, query),
        webhook=webhook,
    )


def _cancel_after(request: Request, query: Query) -> float | None:
    seconds = _seconds(query, "cancel_after_seconds", maximum=DEADLINE_SECONDS, minimum=CANCEL_AFTER_SECONDS)
    header = dict(request.scope["headers"]).get(b"cancel-after")
    if header is None:
        return seconds
    if seconds is not None:
        raise invalid("Cancel-After", "Cancel-After and cancel_after_seconds say the same; send one of them.")
    seconds = read_duration("Cancel-After", header)
    within("Cancel-After", seconds, DEADLINE_SECONDS, minimum=CANCEL_AFTER_SECONDS)
    return seconds


def _seconds(query: Query, name: str, *, maximum: float, minimum: float = 0.001) -> float | None:
    text = query.text(name)
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    within(name, seconds, maximum, minimum=minimum)
    return seconds
