"""Webhooks and deliveries as the API shows them. Secrets are in none of these but the one that is asked for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.responses import instant
from store.catalog.records import SigningSecret, WebhookEndpoint
from store.deliveries.records import AttemptRecord, Delivery, DeliveryPage, Health


def webhook_view(endpoint: WebhookEndpoint, health: Health) -> dict[str, Any]:
    """An endpoint, and how it has been answering."""
    path = f"/v1/webhooks/{endpoint.id}"
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "events": endpoint.events,
        "description": endpoint.description,
        "enabled": endpoint.enabled,
        "disabled_at": endpoint.disabled_at,
        "disabled_reason": endpoint.disabled_reason,
        "note": endpoint.disabled_note or None,
        "created_at": endpoint.created_at,
        "updated_at": endpoint.updated_at,
        "failing_since": instant(health.failing_since_ms),
        "failures": health.failures,
        "last_success_at": instant(health.last_success_ms),
        "last_failure_at": instant(health.last_failure_ms),
        "urls": {"self": path, "deliveries": f"{path}/deliveries", "secret": f"{path}/secret"},
    }


def secrets_view(secrets: Sequence[SigningSecret]) -> dict[str, Any]:
    """The newest secret, and those before it that are still signed with."""
    newest, *older = secrets
    previous = [{"secret": each.secret, "expires_at": each.expires_at} for each in older]
    return {"secret": newest.secret, "created_at": newest.created_at, "previous": previous}


def delivery_view(delivery: Delivery) -> dict[str, Any]:
    """A delivery without its log."""
    path = f"/v1/deliveries/{delivery.id}"
    return {
        "id": delivery.id,
        "event": delivery.event,
        "subject": delivery.subject,
        "webhook": delivery.endpoint_id or None,
        "url": delivery.url,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "created_at": instant(delivery.created_ms),
        "next_attempt_at": instant(delivery.next_attempt_ms) if delivery.state == "scheduled" else None,
        "last_attempt_at": instant(delivery.last_attempt_ms),
        "ended_at": instant(delivery.ended_ms),
        "status": delivery.last_status or None,
        "error": delivery.last_error or None,
        "urls": {"self": path, "redeliver": f"{path}/redeliver"},
    }


def logged_view(delivery: Delivery, attempts: Sequence[AttemptRecord]) -> dict[str, Any]:
    """A delivery with its log."""
    log = [
        {
            "at": instant(each.at_ms),
            "duration_ms": each.duration_ms,
            "status": each.status or None,
            "error": each.error or None,
            "detail": each.detail,
        }
        for each in attempts
    ]
    return {**delivery_view(delivery), "log": log}


def deliveries_view(page: DeliveryPage) -> dict[str, Any]:
    """One page of deliveries, and where the next one begins."""
    return {"deliveries": [delivery_view(each) for each in page.deliveries], "next_cursor": page.next_cursor}
