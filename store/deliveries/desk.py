"""Deliveries as a tenant and an operator see them: read, page, ask for again, test."""

# Keys are listed in lua/common.lua. Touched from here besides:
# deliveries:log:{log}          zset  read
# delivery:{id}                 hash  read
# deliveries:attempts:{id}      list  read
# deliveries:health:{endpoint}  hash  read, deleted
# webhooks:due, deliveries:couriers, deliveries:waiting, deliveries:stats: counted

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal, cast

import redis
from redis.exceptions import RedisError

from store import scripting
from store.deliveries import scripts
from store.deliveries.due import DUE_KEY
from store.deliveries.queue import DEAD_AFTER_SECONDS
from store.deliveries.records import (
    AttemptRecord,
    Delivery,
    DeliveryPage,
    DeliveryState,
    Health,
    Plan,
    Retention,
    Standing,
    decode_attempt,
    decode_delivery,
)
from store.errors import RedisUnavailable

CURSOR = re.compile(r"[0-9]{13}:dlv_[0-9A-Za-z_]{1,80}")
_ID = re.compile(r"dlv_[0-9A-Za-z_]{1,80}")
_SCAN = 200  # deliveries looked at in one step of a filtered page
_SCAN_STEPS = 10

Redelivered = Literal["ok", "unknown", "under_way", "gone", "full", "too_often"]


class DeliveryDesk:
    """The log of deliveries. Blocks; every failure of Redis is RedisUnavailable."""

    def __init__(self, connection: redis.Redis) -> None:
        self._redis = connection

    def get(self, found_id: str, *, tenant_id: str | None = None) -> Delivery | None:
        """The delivery; None when it is unknown, forgotten, or not ``tenant_id``'s."""
        if not _ID.fullmatch(found_id):  # it goes into a key
            return None
        with _translated():
            [found] = self._read([found_id])
        return found if found is not None and tenant_id in (None, found.tenant_id) else None

    def attempts(self, found_id: str) -> tuple[AttemptRecord, ...]:
        """How each of its attempts ended, oldest first; the last dozen."""
        with _translated():
            lines = cast("list[bytes]", self._redis.lrange(f"deliveries:attempts:{found_id}", 0, -1))
        return tuple(decode_attempt(line) for line in lines)

    def page(
        self, log: str, *, limit: int, cursor: str | None = None, state: DeliveryState | None = None
    ) -> DeliveryPage:
        """Deliveries of one log, newest first: an endpoint's, or, by the tenant's id, those to its jobs' own URLs.

        With ``state`` a page may hold fewer than ``limit`` though more follow.
        """
        found: list[Delivery] = []
        last = cursor
        with _translated():
            for _ in range(_SCAN_STEPS):
                step = max(limit - len(found), _SCAN) if state else limit - len(found)
                top = f"({last}" if last else "+"
                raw = cast(Any, self._redis.zrevrangebylex(f"deliveries:log:{log}", top, "-", start=0, num=step))
                members = [member.decode() for member in raw]
                for member, delivery in zip(members, self._read([_id(m) for m in members]), strict=True):
                    last = member
                    if delivery is not None and state in (None, delivery.state):
                        found.append(delivery)
                    if len(found) == limit:
                        return DeliveryPage(tuple(found), next_cursor=last)
                if len(members) < step:
                    return DeliveryPage(tuple(found))
        return DeliveryPage(tuple(found), next_cursor=last)

    def redeliver(self, tenant_id: str, found_id: str, *, unlimited: bool = False) -> Redelivered:
        """Send it again, at once, under the same id, with the whole schedule before it; ``unlimited`` for operators."""
        if not _ID.fullmatch(found_id):
            return "unknown"
        with _translated():
            return cast("Redelivered", self._run("redeliver", tenant_id, found_id, int(unlimited)).decode())

    def test(self, plan: Plan, *, retention: Retention) -> bool:
        """Plan a delivery that nothing happened for. False when the tenant asked too often within a minute."""
        with _translated():
            if not self._run("test", plan.tenant_id):
                return False
            fixed = ("", "", plan.subject, plan.tenant_id, plan.event, plan.body, *retention.arguments)
            self._run("plan", *fixed, *plan.arguments())
            return True

    def health(self, endpoint_ids: Sequence[str]) -> tuple[Health, ...]:
        """How each endpoint has been answering."""
        names = ("failing_since_ms", "failures", "last_success_ms", "last_failure_ms")
        with _translated():
            pipe = self._redis.pipeline(transaction=False)
            for endpoint_id in endpoint_ids:
                pipe.hmget(f"deliveries:health:{endpoint_id}", *names)
            return tuple(Health(*(int(value or 0) for value in values)) for values in pipe.execute())

    def standing(self) -> Standing:
        """How the whole post is doing."""
        with _translated():
            pipe = self._redis.pipeline(transaction=False)
            pipe.time()
            pipe.zrange("deliveries:couriers", 0, -1, withscores=True)
            pipe.llen(DUE_KEY)
            pipe.hgetall("deliveries:waiting")
            pipe.hgetall("deliveries:stats")
            (seconds, _), beats, due, waiting, stats = pipe.execute()
        oldest_ms = (int(seconds) - DEAD_AFTER_SECONDS) * 1000
        return Standing(
            couriers=sum(beat_ms >= oldest_ms for _, beat_ms in beats),
            due=int(due),
            waiting=sum(int(count) for name, count in waiting.items() if not name.endswith(b":bytes")),
            **{name: int(stats.get(name.encode(), 0)) for name in ("delivered", "failed", "gave_up")},
        )

    def forgive(self, endpoint_id: str) -> None:
        """Forget how the endpoint has been answering: it has a new start, or is gone."""
        with _translated():
            self._redis.delete(f"deliveries:health:{endpoint_id}")

    def _read(self, ids: Sequence[str]) -> list[Delivery | None]:
        pipe = self._redis.pipeline(transaction=False)
        for found_id in ids:
            pipe.hgetall(f"delivery:{found_id}")
        hashes = pipe.execute() if ids else []
        return [decode_delivery(i, fields) if fields else None for i, fields in zip(ids, hashes, strict=True)]

    def _run(self, name: str, *arguments: Any) -> Any:
        return scripting.run(self._redis, scripts.script(name), *arguments)


def _id(member: str) -> str:
    return member.partition(":")[2]


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except RedisError as exc:
        raise RedisUnavailable(str(exc)) from exc
