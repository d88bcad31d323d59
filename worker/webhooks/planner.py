"""From "it has happened" to the deliveries it makes: who is told, and in what words."""

from __future__ import annotations

import structlog

from store.deliveries import Due, Plan, Recipient, decode_due, event_body
from store.jobs.records import JobRecord
from store.links import Links
from worker.webhooks import payload
from worker.webhooks.sources import Sources

log = structlog.get_logger()


def plan_of(entry: bytes, sources: Sources, *, public_url: str = "") -> Plan | None:
    """The deliveries that an entry of ``webhooks:due`` asks for; None when there is nobody to tell. May block."""
    due = decode_due(entry)
    if due is None:
        log.error("webhook_entry_unreadable", length=len(entry))
        return None
    recipients = sources.listeners(due.tenant_id, due.event)
    if due.url:
        recipients = (Recipient(due.url), *recipients)
    if not recipients:
        return None
    job = None if due.data is not None else sources.job(due.subject)
    links = sources.links() if job is not None else None
    return Plan(
        due.subject,
        tenant_id=due.tenant_id,
        event=due.event,
        body=_body(due, job, public_url=public_url, links=links),
        recipients=recipients,
        entry=entry,
    )


def _body(due: Due, job: JobRecord | None, *, public_url: str, links: Links | None) -> bytes:
    if due.data is not None:
        return event_body(due.event, due.data, at_ms=due.at_ms)
    if job is not None:
        try:
            return payload.build(job, event=due.event, public_url=public_url, links=links)
        except Exception:
            # A fault of ours, met with what one job holds: it must neither hold up the others nor go untold.
            log.exception("webhook_body_broke", job_id=due.subject)
    else:
        # Its record has expired while nobody delivered: that it ended is still worth telling.
        log.warning("webhook_without_record", job_id=due.subject)
    return payload.build_bare(due, record_expired=job is None, public_url=public_url)
