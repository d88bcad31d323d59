"""``cloche-admin webhooks log`` and ``redeliver``: what was sent where, and once more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from admin.installation import opened, redis_client, settings
from admin.output import AsJson, complain, say, show_json, show_table
from store.deliveries import Delivery, DeliveryDesk
from store.deliveries.records import AttemptRecord, DeliveryState
from store.errors import RedisUnavailable

PAGE = 200
REFUSED = {
    "unknown": "There is no such delivery, or it was forgotten.",
    "under_way": "It is being sent at this moment.",
    "gone": "What it said is gone with its job.",
    "full": "Too many deliveries of its tenant wait already.",
}


def log(
    of: Annotated[
        str, typer.Argument(metavar="WHAT", help="A webhook (whk_…), a delivery (dlv_…), or a tenant: its jobs' URLs.")
    ],
    *,
    state: Annotated[DeliveryState | None, typer.Option(help="Only deliveries in this state.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many of the newest.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show deliveries, newest first; of one delivery, each attempt."""
    with with_desk() as desk:
        if of.startswith("dlv_"):
            _show_one(desk, of, as_json=as_json)
            return
        with opened() as catalog:
            found = catalog.endpoints.get(of).id if of.startswith("whk_") else catalog.tenants.get(of).id
        page = desk.page(found, limit=limit, state=state)
    if as_json:
        show_json([asdict(each) for each in page.deliveries])
        return
    columns = ("ID", "EVENT", "SUBJECT", "STATE", "ATTEMPTS", "CREATED", "STATUS", "ERROR")
    show_table(columns, (_row(each) for each in page.deliveries))


def redeliver(
    delivery: Annotated[str, typer.Argument(metavar="DELIVERY", help="Its id, dlv_…")], *, as_json: AsJson = False
) -> None:
    """Send a delivery again, at once, under the same id."""
    with with_desk() as desk:
        found = desk.get(delivery)
        answer = "unknown" if found is None else desk.redeliver(found.tenant_id, delivery, unlimited=True)
    if answer != "ok":
        complain(REFUSED[answer])
        raise typer.Exit(2)
    if as_json:
        show_json({"id": delivery, "state": "scheduled"})
    else:
        say(f"{delivery} is sent again.")


def recover(
    webhook: Annotated[str, typer.Argument(metavar="WEBHOOK", help="Its id, whk_…")], *, as_json: AsJson = False
) -> None:
    """Send again every delivery of a webhook that was given up, while it is in the log."""
    with opened() as catalog:
        endpoint = catalog.endpoints.get(webhook)
    if not endpoint.enabled:
        complain(f"{webhook} is disabled; enable it first.")
        raise typer.Exit(2)
    with with_desk() as desk:
        missed = tuple(_given_up(desk, webhook))
        answers = [desk.redeliver(endpoint.tenant_id, each, unlimited=True) for each in missed]
    sent = answers.count("ok")
    if as_json:
        show_json({"given_up": len(missed), "sent_again": sent})
    else:
        say(f"{sent} of {len(missed)} deliveries that were given up are sent again.")


def _given_up(desk: DeliveryDesk, webhook: str) -> Iterator[str]:
    cursor: str | None = None
    while True:
        page = desk.page(webhook, limit=PAGE, cursor=cursor, state="gave_up")
        yield from (each.id for each in page.deliveries)
        cursor = page.next_cursor
        if cursor is None:
            return


@contextmanager
def with_desk() -> Iterator[DeliveryDesk]:
    """The installation's deliveries. Raises RedisUnavailable."""
    try:
        client = redis_client(settings().redis_url)
    except ValueError as exc:
        raise RedisUnavailable(str(exc)) from exc
    with client:
        yield DeliveryDesk(client)


def _show_one(desk: DeliveryDesk, found_id: str, *, as_json: bool) -> None:
    found = desk.get(found_id)
    if found is None:
        complain(REFUSED["unknown"])
        raise typer.Exit(2)
    attempts = desk.attempts(found_id)
    if as_json:
        show_json({**asdict(found), "log": [asdict(each) for each in attempts]})
        return
    say(f"{found.event} of {found.subject} to {found.url}: {found.state}")
    show_table(("AT", "MS", "STATUS", "ERROR", "DETAIL"), (_line(each) for each in attempts))


def _row(delivery: Delivery) -> tuple[object, ...]:
    created = _moment(delivery.created_ms)
    head = (delivery.id, delivery.event, delivery.subject, delivery.state, delivery.attempts, created)
    return *head, delivery.last_status or None, delivery.last_error


def _line(attempt: AttemptRecord) -> tuple[object, ...]:
    return _moment(attempt.at_ms), attempt.duration_ms, attempt.status or None, attempt.error, attempt.detail


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
