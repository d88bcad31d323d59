"""What has to be told: the entries of ``webhooks:due``, written where something happens, read by couriers.

A job's are written by ``store/jobs/lua`` in the step in which the job changes: "id event tenant ms url", the
event being the state it came to, the url its own (empty where it has none). Everything else announces itself
with ``announce``, or pushes ``Due(...).encode()`` from a script of its own, in the step in which it happens.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, cast

import redis

from policies.events import EVENT_BITS

DUE_KEY = "webhooks:due"

_JOB_EVENTS = {event.removeprefix("job."): event for event in EVENT_BITS if event.startswith("job.")}
_JOB_EVENTS["running"] = _JOB_EVENTS.pop("started")


@dataclass(frozen=True, slots=True)
class Due:
    """Something that happened to a tenant's ``subject`` (an id), and is to be told once.

    ``url`` is told besides the tenant's endpoints. ``data`` is the ``data`` of what is sent, already JSON;
    None for a job, whose record says it.
    """

    subject: str
    event: str
    tenant_id: str
    at_ms: int
    url: str = ""
    data: dict[str, Any] | None = None

    def encode(self) -> bytes:
        """The entry, for what is no job."""
        fields = {"subject": self.subject, "event": self.event, "tenant_id": self.tenant_id}
        return json.dumps({**fields, "at_ms": self.at_ms, "url": self.url, "data": self.data}).encode()


def decode_due(entry: bytes) -> Due | None:
    """The entry read back; None when it is none of ours."""
    try:
        if entry.startswith(b"{"):
            return _checked(Due(**json.loads(entry)))
        subject, state, tenant_id, at_ms, url = entry.decode().split(" ", 4)
        return Due(subject, event=_JOB_EVENTS[state], tenant_id=tenant_id, at_ms=int(at_ms), url=url)
    except (ValueError, TypeError, KeyError):
        return None


def _checked(due: Due) -> Due:
    texts = (due.subject, due.event, due.tenant_id, due.url)
    if not all(isinstance(text, str) for text in texts) or not isinstance(due.at_ms, int):
        raise TypeError("not an entry")
    if not isinstance(due.data, dict):
        raise TypeError("not an entry")
    return due


def announce(connection: redis.Redis, due: Due) -> None:
    """Hand an event that is no job's over to the couriers: each endpoint that asks for it, and ``url``, are told.

    At least once from here on. Announced twice, it is told once: what is told is known by subject, event and
    endpoint. Raises RedisError; whether it was announced is then unknown, and doing it again is right.
    """
    cast(Any, connection.rpush(DUE_KEY, due.encode()))
