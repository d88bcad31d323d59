"""The headers by which an endpoint knows that a body is ours, fresh, and not seen before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook


def signed_headers(body: bytes, *, delivery_id: str, secrets: Sequence[str]) -> dict[str, str]:
    """Headers for one attempt: the id is the delivery's in every attempt, the timestamp this attempt's.

    One signature for each secret in force, so that a receiver may change its own at any time in between.
    """
    now = datetime.now(UTC)
    return {
        "Content-Type": "application/json",
        "User-Agent": "Cloche-Webhooks/1",
        "webhook-id": delivery_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(Webhook(each).sign(delivery_id, now, body.decode()) for each in secrets),
    }
