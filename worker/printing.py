"""Passing on what calls print while they run."""

from __future__ import annotations

from collections.abc import Callable

import redis
import structlog

from store.jobs.back import Claim, JobBack

log = structlog.get_logger()


class Printing:
    """A connection of its own, so that a Redis that hangs costs a call a moment and not its time-out."""

    def __init__(self, connection: redis.Redis, *, worker: str) -> None:
        self._back = JobBack(connection, worker=worker)

    @classmethod
    def connect(cls, url: str, *, worker: str, patience_seconds: float = 1.0) -> Printing:
        """Opened on first use. Nothing is tried twice: the record has the whole text in the end."""
        connection = redis.Redis.from_url(
            url, socket_timeout=patience_seconds, socket_connect_timeout=patience_seconds, retry=None
        )
        return cls(connection, worker=worker)

    def of(self, claim: Claim) -> Callable[[str], None]:
        """Where this claim's text goes. Never raises; after a failure, or when the job isn't ours any more, nowhere."""
        lost = False

        def told(text: str) -> None:
            nonlocal lost
            if lost:
                return
            try:
                lost = not self._back.printed(claim, text)
            except redis.RedisError as exc:
                lost = True
                log.warning("printed_text_lost", error=type(exc).__name__)

        return told
