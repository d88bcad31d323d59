"""Webhooks: who delivers them, what waits, and which endpoints are told nothing any more."""

from __future__ import annotations

from admin.checks.finding import Finding, fail, ok, warn
from admin.installation import redis_client
from store.catalog import Catalog
from store.deliveries import DeliveryDesk
from store.errors import StoreError
from store.settings import StoreSettings

DUE_MANY = 10_000  # events nobody has planned yet: couriers can't keep up


def check_webhooks(settings: StoreSettings) -> tuple[Finding, ...]:
    """Nothing about a part that is away: it has its own check."""
    found: list[Finding] = []
    try:
        with redis_client(settings.redis_url) as client:
            found.append(_couriers(DeliveryDesk(client)))
    except (StoreError, ValueError):
        pass
    try:
        with Catalog.open(settings.database_url) as catalog:
            found.append(_disabled(catalog))
    except StoreError:
        pass
    return tuple(found)


def _couriers(desk: DeliveryDesk) -> Finding:
    standing = desk.standing()
    found = f"{standing.couriers} up, {standing.due} events to be planned, {standing.waiting} deliveries wait"
    if standing.couriers == 0:
        advice = "Start one: `make up`, or `cloche-courier`."
        return (fail if standing.due else warn)("couriers", f"No courier is up; {found.partition(', ')[2]}.", advice)
    if standing.due > DUE_MANY:
        return warn("couriers", f"{found}.", "Couriers can't keep up: start another, or look into their log.")
    return ok("couriers", found)


def _disabled(catalog: Catalog) -> Finding:
    off = [
        each
        for tenant in catalog.tenants.list()
        for each in catalog.endpoints.list(tenant.id)
        if each.disabled_reason in ("gone", "failing")
    ]
    if not off:
        return ok("webhooks", "none was disabled for its answers")
    found = f"{len(off)} were disabled for their answers: {', '.join(each.id for each in off[:5])}"
    more = " …" if len(off) > 5 else ""
    advice = "Their tenants see why; `cloche-admin webhooks endpoints --disabled` does, too."
    return warn("webhooks", f"{found}{more}.", advice)
