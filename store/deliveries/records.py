"""What the delivery store takes and gives: frozen, typed, and free of Redis."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from store.hashes import HashFields

DeliveryState = Literal["scheduled", "sending", "delivered", "gave_up"]
TEST_EVENT = "test"  # sent when a tenant asks for it, once, whatever the filter


@dataclass(frozen=True, slots=True)
class Retention:
    """How long deliveries that ended can be read: by age, and by number in one tenant."""

    days: float = 7.0
    count: int = 2_000

    @property
    def arguments(self) -> tuple[int, int]:
        """As the scripts take it: milliseconds, number."""
        return int(self.days * 86_400_000), self.count


@dataclass(frozen=True, slots=True)
class Recipient:
    """One URL to be told. ``endpoint_id`` is empty for a URL that came with the job itself."""

    url: str
    endpoint_id: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Deliveries to be: one event of one subject, for each recipient. ``body`` stays the same in every attempt.

    ``entry`` is what the courier took, and is done with once this is planned.
    """

    subject: str
    tenant_id: str
    event: str
    body: bytes
    recipients: tuple[Recipient, ...]
    entry: bytes = b""

    def arguments(self) -> Iterable[str]:
        """Id, endpoint, URL and lane of each, as plan.lua reads them."""
        for each in self.recipients:
            found = delivery_id(self.subject, event=self.event, endpoint_id=each.endpoint_id)
            lane = lane_of(self.tenant_id, url=each.url, endpoint_id=each.endpoint_id)
            yield from (found, each.endpoint_id, each.url, lane)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery this courier is to attempt now, under the claim it must present when it is done.

    ``attempts`` counts those that ended before this one, since it was last asked for. An empty ``body`` has to
    be built again from the subject.
    """

    id: str
    claim: int
    tenant_id: str
    endpoint_id: str
    url: str
    event: str
    subject: str
    body: bytes
    attempts: int


@dataclass(frozen=True, slots=True)
class Finished:
    """What recording an attempt's end came to. ``fresh`` is False when the claim was taken away meanwhile.

    ``failing_since_ms`` is 0 unless the endpoint has done nothing but fail since then, ``failures`` times.
    """

    fresh: bool
    failing_since_ms: int = 0
    failures: int = 0


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """One line of a delivery's log. ``status`` is 0 where no answer came; ``error`` is empty where it arrived."""

    at_ms: int
    duration_ms: int
    status: int
    error: str
    detail: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as it stands. Times are milliseconds since 1970 by Redis's clock; 0 means never or not yet."""

    id: str
    subject: str
    tenant_id: str
    endpoint_id: str
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


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """Deliveries newest first, and the cursor of the next page or None."""

    deliveries: tuple[Delivery, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """How an endpoint has been answering. 0 means never; ``failing_since_ms`` 0: its last answer was good."""

    failing_since_ms: int = 0
    failures: int = 0
    last_success_ms: int = 0
    last_failure_ms: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """How the whole post is doing: couriers that beat, events nobody has planned yet, deliveries that wait.

    The last three count attempts and deliveries since the beginning.
    """

    couriers: int
    due: int
    waiting: int
    delivered: int = 0
    failed: int = 0
    gave_up: int = 0


def event_body(event: str, data: object, *, at_ms: int) -> bytes:
    """What is sent: the envelope of the Standard Webhooks specification, UTF-8 JSON."""
    moment = datetime.fromtimestamp(at_ms / 1000, tz=UTC).isoformat(timespec="milliseconds")
    timestamp = moment.replace("+00:00", "Z")
    return msgspec.json.encode({"type": event, "timestamp": timestamp, "data": data})


def delivery_id(subject: str, *, event: str = "", endpoint_id: str = "") -> str:
    """A delivery's id, and the ``webhook-id`` of every attempt: told by event, subject and endpoint alone.

    So planning twice plans once. A job's own URL is told one thing only, its end, and its id says no more.
    """
    own = "dlv_" + subject.partition("_")[2]
    if not endpoint_id:
        return own
    return f"{own}_{hashlib.sha256(f'{event} {endpoint_id}'.encode()).hexdigest()[:12]}"


def lane_of(tenant_id: str, *, url: str, endpoint_id: str = "") -> str:
    """The lane of an endpoint, or of a URL: its tenant and a digest of its scheme, host and port."""
    if endpoint_id:
        return f"{tenant_id}:{endpoint_id}"
    try:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}".lower()
    except ValueError:
        origin = "unreadable"
    return f"{tenant_id}:{hashlib.sha256(origin.encode(errors='replace')).hexdigest()[:16]}"


def decode_delivery(found_id: str, fields: Mapping[bytes, bytes]) -> Delivery:
    """The delivery behind the hash ``delivery:{id}``."""
    found = HashFields(fields)
    return Delivery(
        id=found_id,
        subject=found.text(b"subject"),
        tenant_id=found.text(b"tenant"),
        endpoint_id=found.text(b"endpoint"),
        url=found.text(b"url"),
        event=found.text(b"event"),
        state=found.text(b"state"),  # type: ignore[arg-type]  # written by our own scripts only
        attempts=found.number(b"attempts"),
        next_attempt_ms=found.number(b"next_attempt_ms"),
        last_attempt_ms=found.number(b"last_attempt_ms"),
        last_status=found.number(b"last_status"),
        last_error=found.text(b"last_error"),
        last_detail=found.text(b"last_detail"),
        created_ms=found.number(b"created_ms"),
        ended_ms=found.number(b"ended_ms"),
    )


def decode_attempt(line: bytes) -> AttemptRecord:
    """A line of ``deliveries:attempts:{id}``."""
    fields = json.loads(line.decode("utf-8", "replace"))
    return AttemptRecord(
        at_ms=int(fields["at_ms"]),
        duration_ms=int(fields["duration_ms"]),
        status=int(fields["status"]),
        error=str(fields["error"]),
        detail=str(fields["detail"]),
    )
