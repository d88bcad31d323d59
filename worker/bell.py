"""How an idle turn waits: it is rung when its version has work, or when somebody needs its place."""

from __future__ import annotations

import time
from typing import cast

import redis
from redis.client import PubSub

_RETRY_SECONDS = 0.2


class Bell:
    """A subscription to this worker's wake channel. Used by the thread that serves turns only.

    A ring may be lost when the connection breaks: callers look for themselves every now and then.
    """

    def __init__(self, connection: redis.Redis, *, worker: str) -> None:
        self._channels = (f"wake:{worker}", "wake:any")
        self._pubsub: PubSub = connection.pubsub(ignore_subscribe_messages=True)

    @property
    def armed(self) -> bool:
        """True while it listens: what rings from now on is heard."""
        return self._pubsub.subscribed

    def wait(self, seconds: float) -> bool:
        """True as soon as it was rung, False after ``seconds`` or when Redis can't be heard."""
        try:
            if not self._pubsub.subscribed:
                self._subscribe()
                return True  # something may have rung while nobody listened
            return self._rung(seconds)
        except redis.RedisError:
            self._pubsub.close()
            time.sleep(min(seconds, _RETRY_SECONDS))
            return False

    def close(self) -> None:
        """Stop listening."""
        self._pubsub.close()

    def _subscribe(self) -> None:
        self._pubsub.subscribe(*self._channels)
        for _ in self._channels:  # the confirmations: only after them nothing is missed
            self._pubsub.get_message(timeout=1.0)

    def _rung(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if cast("object", self._pubsub.get_message(timeout=left)) is not None:
                return True
        return False
