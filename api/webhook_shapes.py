"""The shapes of webhooks and deliveries in the OpenAPI document."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from api.shape import Shape


class WebhookUrls(Shape):
    """Where to ask next, relative to the API's address."""

    self: str
    deliveries: str
    secret: str


class Webhook(Shape):
    """A URL that is told of events."""

    id: str
    url: str
    events: list[str] = Field(description="What it is told of; * is everything.")
    description: str
    enabled: bool
    disabled_at: datetime | None
    disabled_reason: Literal["by_tenant", "by_operator", "gone", "failing"] | None = Field(
        description="gone: it answered 410. failing: nothing but failures for days."
    )
    note: str | None = Field(description="Why it was disabled, in a sentence.")
    created_at: datetime
    updated_at: datetime
    failing_since: datetime | None = Field(description="Since when it has done nothing but fail.")
    failures: int = Field(description="How often since then.")
    last_success_at: datetime | None
    last_failure_at: datetime | None
    urls: WebhookUrls


class NewWebhook(Webhook):
    """A fresh webhook, with what its deliveries are signed with."""

    secret: str


class WebhookList(Shape):
    """Every webhook of the tenant."""

    webhooks: list[Webhook]


class PreviousSecret(Shape):
    """A secret that has a successor, and is still signed with."""

    secret: str
    expires_at: datetime


class WebhookSecrets(Shape):
    """What deliveries are signed with: to one webhook, or to the URLs that came with jobs."""

    secret: str
    created_at: datetime
    previous: list[PreviousSecret]


class DeliveryUrls(Shape):
    """Where to ask next, relative to the API's address."""

    self: str
    redeliver: str


class Delivery(Shape):
    """One event on its way to one webhook, or to the URL that came with a job."""

    id: str = Field(description="The `webhook-id` of every attempt.")
    event: str
    subject: str = Field(description="What it is about: a job's id, mostly.")
    webhook: str | None = Field(description="null: the URL came with the job.")
    url: str
    state: Literal["scheduled", "sending", "delivered", "gave_up"]
    attempts: int
    created_at: datetime
    next_attempt_at: datetime | None
    last_attempt_at: datetime | None
    ended_at: datetime | None
    status: int | None = Field(description="What the last attempt was answered; null: nothing came.")
    error: str | None = Field(description="What was wrong with it; stable.")
    urls: DeliveryUrls


class DeliveryAttempt(Shape):
    """How one attempt ended."""

    at: datetime
    duration_ms: int
    status: int | None
    error: str | None
    detail: str = Field(description="The answer's start, with everything unprintable escaped.")


class DeliveryWithLog(Delivery):
    """A delivery and its attempts, oldest first; the last dozen."""

    log: list[DeliveryAttempt]


class DeliveryPage(Shape):
    """Some deliveries, newest first."""

    deliveries: list[Delivery]
    next_cursor: str | None = Field(description="Give it as `cursor` to get the next page; null on the last.")
