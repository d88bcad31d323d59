"""One delivery's attempt from its claim to its record: where to, signed with what, and what follows from the answer."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from store.catalog import Destination
from store.deliveries import TEST_EVENT, Claimed, Finished
from store.deliveries.queue import Ending
from worker.webhooks import payload
from worker.webhooks.attempt import Attempt
from worker.webhooks.schedule import next_delay_seconds
from worker.webhooks.sender import Sender
from worker.webhooks.signature import signed_headers
from worker.webhooks.sources import Sources

DISABLE_DAYS = 5.0  # of nothing but failures, and an endpoint is disabled
DISABLE_FAILURES = 10  # at least so many: one bad minute before a quiet week is no reason

SUSPENDED = Attempt("failed", error="tenant_suspended", detail="The tenant is unknown or suspended.", ours=True)
DELETED = Attempt("final", error="webhook_deleted", detail="The webhook was deleted.", ours=True)
DISABLED = Attempt("final", error="webhook_disabled", detail="The webhook is disabled.", ours=True)
BODY_GONE = Attempt("final", error="job_expired", detail="The job has expired: nothing is left to tell.", ours=True)
BROKEN = Attempt("failed", error="internal", detail="The engine failed while sending; it will try again.", ours=True)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What is to be done about an attempt. ``gone``: the endpoint asked to be told no more."""

    attempt: Attempt
    ending: Ending
    url: str
    delay_seconds: float = 0.0
    duration_seconds: float = 0.0
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Deliverer:
    """Makes attempts. Never raises for anything a tenant or an endpoint does."""

    sender: Sender
    sources: Sources
    public_url: str = ""
    disable_days: float = DISABLE_DAYS

    async def attempt(self, claimed: Claimed) -> Conclusion:
        """Send it, and say what follows."""
        began = time.monotonic()
        url = claimed.url
        try:
            destination = None
            if claimed.endpoint_id:
                destination = await asyncio.to_thread(self.sources.destination, claimed.endpoint_id)
                url = destination.endpoint.url if destination else url
            attempt = await self._send(claimed, destination, url=url)
        except Exception:
            # Ours, not the endpoint's; it is tried again, and the log says where to look.
            log.exception("webhook_attempt_broke", delivery_id=claimed.id)
            attempt = BROKEN
        return _conclude(claimed, attempt, url=url, duration_seconds=time.monotonic() - began)

    async def _send(self, claimed: Claimed, destination: Destination | None, *, url: str) -> Attempt:
        secrets = await self._secrets(claimed, destination)
        if isinstance(secrets, Attempt):
            return secrets
        body = claimed.body or await asyncio.to_thread(self._rebuilt, claimed)
        if not body:
            return BODY_GONE
        headers = signed_headers(body, delivery_id=claimed.id, secrets=secrets)
        return await self.sender.send(url, body=body, headers=headers)

    async def _secrets(self, claimed: Claimed, destination: Destination | None) -> tuple[str, ...] | Attempt:
        """What to sign with, or why nothing is sent."""
        if not claimed.endpoint_id:
            return await asyncio.to_thread(self.sources.secrets, claimed.tenant_id) or SUSPENDED
        if destination is None or destination.endpoint.tenant_id != claimed.tenant_id:
            return DELETED
        if destination.tenant_suspended:
            return SUSPENDED
        return destination.secrets if destination.endpoint.enabled else DISABLED

    def _rebuilt(self, claimed: Claimed) -> bytes:
        """The body of a delivery that was asked for again after its own was let go; empty when it can't be had."""
        job = self.sources.job(claimed.subject)
        if job is None:
            return b""
        links = self.sources.links()
        return payload.build(job, event=claimed.event, public_url=self.public_url, links=links)

    def has_failed_for_days(self, finished: Finished) -> bool:
        """Whether an endpoint has done nothing but fail for so long that it is disabled."""
        if not finished.failing_since_ms or finished.failures < DISABLE_FAILURES:
            return False
        return time.time() - finished.failing_since_ms / 1000 >= self.disable_days * 86_400


def _conclude(claimed: Claimed, attempt: Attempt, *, url: str, duration_seconds: float) -> Conclusion:
    delay = next_delay_seconds(claimed.attempts + 1, retry_after_seconds=attempt.retry_after_seconds)
    ending: Ending = "retry"
    if attempt.kind == "delivered":
        ending = "delivered"
    elif attempt.kind == "final" or delay is None or claimed.event == TEST_EVENT:
        ending = "gave_up"
    return Conclusion(
        attempt,
        ending=ending,
        url=url,
        delay_seconds=delay or 0.0,
        duration_seconds=duration_seconds,
        gone=bool(claimed.endpoint_id) and attempt.error == "gone",
    )


def gone_note() -> str:
    """Why an endpoint that answered 410 is disabled."""
    return f"The endpoint answered 410 (Gone) at {_now()}, which asks to be told no more."


def failing_note(finished: Finished, attempt: Attempt) -> str:
    """Why an endpoint that failed for days is disabled."""
    since = datetime.fromtimestamp(finished.failing_since_ms / 1000, UTC).isoformat(timespec="seconds")
    last = f"status {attempt.status}" if attempt.status else attempt.error
    return f"All {finished.failures} attempts since {since} failed, the last with {last}. Enable it once it works."


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
