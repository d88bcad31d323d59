"""Where the courier looks things up, and what it may change: jobs in Redis, endpoints and secrets in the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import redis
import structlog

from policies.events import asks_for
from store import generations
from store.catalog import Catalog, Destination
from store.catalog.records import DisabledReason
from store.deliveries import Recipient
from store.errors import RedisUnavailable, TenantUnknown
from store.jobs.reader import read
from store.jobs.records import JobRecord
from store.links import Links, open_links

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Sources:
    """All of these may block for a moment and run on threads.

    ``job`` gives a job's record or None when it has expired. ``listeners`` gives the tenant's enabled endpoints
    that ask for an event. ``destination`` gives an endpoint with its secrets, None when it is deleted. ``secrets``
    gives the tenant's own, for URLs that came with a job; none when the tenant is unknown or suspended.
    ``disable`` takes an endpoint, a reason, a sentence, and the URL that earned it. ``links`` gives what signs links
    to outputs, as it is now; without one they are told unsigned.
    """

    job: Callable[[str], JobRecord | None]
    listeners: Callable[[str, str], tuple[Recipient, ...]]
    destination: Callable[[str], Destination | None]
    secrets: Callable[[str], tuple[str, ...]]
    disable: Callable[[str, DisabledReason, str, str], bool]
    links: Callable[[], Links | None] = lambda: None


def sources_of(
    catalog: Catalog, connection: redis.Redis, *, link_secret: str = "", link_seconds: int = 3600
) -> Sources:
    """The sources of an installation."""

    def listeners(tenant_id: str, event: str) -> tuple[Recipient, ...]:
        found = catalog.endpoints.list(tenant_id)
        asking = (each for each in found if each.enabled and asks_for(each.events, event))
        return tuple(Recipient(each.url, endpoint_id=each.id) for each in asking)

    def secrets(tenant_id: str) -> tuple[str, ...]:
        try:
            if catalog.tenants.get(tenant_id).suspended:
                return ()
            return tuple(each.secret for each in catalog.tenant_secrets.list(tenant_id))
        except TenantUnknown:
            return ()

    def disable(endpoint_id: str, reason: DisabledReason, note: str, url: str) -> bool:
        changed = catalog.endpoints.disable(endpoint_id, reason=reason, note=note, only_url=url)
        if changed is None:
            return False
        log.warning("webhook_disabled", webhook_id=endpoint_id, tenant_id=changed.tenant_id, reason=reason)
        try:
            generations.bump(connection, changed.tenant_id)
        except RedisUnavailable:
            # Caches that don't hear of it hand over events that nobody is told of; the next change clears them.
            log.warning("generation_not_moved", tenant_id=changed.tenant_id)
        return True

    return Sources(
        job=lambda job_id: read(connection, job_id),
        listeners=listeners,
        destination=catalog.endpoints.destination,
        secrets=secrets,
        disable=disable,
        # Asked for each time: should the secret in Redis be lost and made anew, the API has the new one.
        links=lambda: open_links(connection, setting=link_secret, lifetime_seconds=link_seconds),
    )
