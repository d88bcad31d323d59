"""What the delivery store takes and gives: frozen, typed, and free of Redis."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

DeliveryState = Literal["scheduled", "sending", "delivered", "gave_up"]


@dataclass(frozen=True, slots=True)
class Plan:
    """A delivery to be: one event of one job, for one URL. ``body`` stays the same in every attempt."""

    job_id: str
    tenant_id: str
    url: str
    event: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery this courier is to attempt now, under the claim it must present when it is done.

    ``attempts`` counts those that ended before this one.
    """

    id: str
    claim: int
    tenant_id: str
    url: str
    body: bytes
    attempts: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as it stands. Times are milliseconds since 1970 by Redis's clock; 0 means never or not yet."""

    id: str
    job_id: str
    tenant_id: str
    url: str
    event: str
    state: DeliveryState
    attempts: int
    next_attempt_ms: int
    last_attempt_ms: int
    last_status: int
    last_error: str
    last_detail: str
    created_ms: int
    ended_ms: int


def delivery_id(job_id: str) -> str:
    """A job's delivery: told by the job alone, so that planning it twice plans it once."""
    return "dlv_" + job_id.removeprefix("job_")


def lane_of(tenant_id: str, url: str) -> str:
    """The lane of an endpoint: its tenant and a digest of its scheme, host and port."""
    try:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}".lower()
    except ValueError:
        origin = "unreadable"
    return f"{tenant_id}:{hashlib.sha256(origin.encode(errors='replace')).hexdigest()[:16]}"


def decode_delivery(found_id: str, fields: Mapping[bytes, bytes]) -> Delivery:
    """The delivery behind the hash ``delivery:{id}``."""

    def text(name: bytes) -> str:
        return fields.get(name, b"").decode("utf-8", "replace")

    def number(name: bytes) -> int:
        return int(fields.get(name, b"0") or b"0")

    return Delivery(
        id=found_id,
        job_id=text(b"job"),
        tenant_id=text(b"tenant"),
        url=text(b"url"),
        event=text(b"event"),
        state=text(b"state"),  # type: ignore[arg-type]  # written by our own scripts only
        attempts=number(b"attempts"),
        next_attempt_ms=number(b"next_attempt_ms"),
        last_attempt_ms=number(b"last_attempt_ms"),
        last_status=number(b"last_status"),
        last_error=text(b"last_error"),
        last_detail=text(b"last_detail"),
        created_ms=number(b"created_ms"),
        ended_ms=number(b"ended_ms"),
    )
