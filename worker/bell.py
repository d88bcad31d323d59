"""How an idle turn waits: it is rung when its version has work, or when somebody needs its place."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass

import hiredis
import redis
from redis.client import PubSub

from store.jobs.back import Claim, decode_claim

_RETRY_SECONDS = 0.2
_REMEMBERED = 64  # claims of late: what was given back and claimed again is not run a second time


@dataclass(frozen=True, slots=True)
class Ring:
    """Something happened. With ``claim``, a job that was admitted and claimed for this worker in one step."""

    version_id: str = ""
    claim: Claim | None = None


class Bell:
    """A subscription to this worker's wake channel. Used by the thread that serves turns only.

    A ring may be lost when the connection breaks: callers look for themselves every now and then, and what
    was handed over by a lost ring is given back by their next settlement.
    """

    def __init__(self, connection: redis.Redis, *, worker: str) -> None:
        self._channels = (f"wake:{worker}", "wake:any")
        self._pubsub: PubSub = connection.pubsub(ignore_subscribe_messages=True)
        self._held: deque[str] = deque(maxlen=_REMEMBERED)

    @property
    def armed(self) -> bool:
        """True while it listens: what rings from now on is heard."""
        return self._pubsub.subscribed

    def holding(self, claims: tuple[Claim, ...]) -> None:
        """These came another way; a ring that hands one of them over is out of date."""
        self._held.extend(claim.job_id for claim in claims)

    def wait(self, seconds: float, *, tenant_id: str = "") -> Ring | None:
        """What rang; None after ``seconds`` or when Redis can't be heard.

        What concerns the line of one tenant rings for whoever serves that tenant only: ``tenant_id``, if given.
        """
        try:
            if not self._pubsub.subscribed:
                self._subscribe()
                return Ring()  # something may have rung while nobody listened
            return self._rung(seconds, tenant_id.encode())
        except redis.RedisError:
            self._pubsub.close()
            time.sleep(min(seconds, _RETRY_SECONDS))
            return None

    def close(self) -> None:
        """Stop listening."""
        self._pubsub.close()

    def _subscribe(self) -> None:
        self._pubsub.subscribe(*self._channels)
        for _ in self._channels:  # the confirmations: only after them nothing is missed
            self._pubsub.get_message(timeout=1.0)

    def _rung(self, seconds: float, tenant_id: bytes) -> Ring | None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            message = self._pubsub.get_message(timeout=left)
            if message is not None and not _of_another(message["data"], tenant_id):
                return self._ring(message["channel"], message["data"])
        return None

    def _ring(self, channel: bytes, data: bytes) -> Ring:
        if channel != self._channels[0].encode():
            return Ring()
        reader = hiredis.Reader()
        reader.feed(data)
        version_id, *claim = reader.gets()
        if not claim or claim[0].decode() in self._held:
            return Ring(version_id.decode())
        self._held.append(claim[0].decode())
        return Ring(version_id.decode(), decode_claim(claim))


def _of_another(data: bytes, tenant_id: bytes) -> bool:
    return bool(tenant_id) and data.startswith(b"ten_") and data != tenant_id
