"""/v1/deliveries: what was sent where, how each attempt ended, and once more, please."""

from __future__ import annotations

from typing import get_args

from starlette.requests import Request
from starlette.responses import Response

from api.errors import Problem
from api.jobs import PAGE_DEFAULT, PAGE_MAX
from api.parts import Parts, parts_of
from api.queries import Query
from api.responses import json_response
from api.webhook_views import deliveries_view, delivery_view, logged_view
from api.webhooks import NO_ROOM, TOO_OFTEN, disabled, find
from store.deliveries import Delivery
from store.deliveries.desk import CURSOR
from store.deliveries.records import DeliveryState
from store.errors import EndpointUnknown


async def of_webhook(request: Request) -> Response:
    """A webhook's deliveries, newest first, page by page."""
    parts = parts_of(request)
    principal = await parts.auth.owner(request)
    endpoint = await find(parts, principal, request.path_params["id"])
    return await _page(parts, request, endpoint.id)


async def of_jobs(request: Request) -> Response:
    """Deliveries to the URLs that came with jobs, newest first, page by page."""
    parts = parts_of(request)
    principal = await parts.auth.owner(request)
    return await _page(parts, request, principal.tenant_id)


async def show(request: Request) -> Response:
    """One delivery, and how each of its attempts ended."""
    parts = parts_of(request)
    principal = await parts.auth.owner(request)
    delivery = await _find(parts, principal.tenant_id, request.path_params["id"])
    return json_response(logged_view(delivery, await parts.threads.call(parts.desk.attempts, delivery.id)))


async def redeliver(request: Request) -> Response:
    """Send it again now, under the same id; one that waits goes at once, one that ended starts anew."""
    parts = parts_of(request)
    principal = await parts.auth.owner(request)
    delivery = await _find(parts, principal.tenant_id, request.path_params["id"])
    await _check_endpoint(parts, delivery)
    match await parts.threads.call(parts.desk.redeliver, principal.tenant_id, delivery.id):
        case "unknown":
            raise _unknown()
        case "under_way":
            raise Problem("delivery_under_way", "It is being sent at this moment; look at its log in a few seconds.")
        case "gone":
            detail = "What it said is gone with its job; ask again for what you can still get by GET /v1/jobs."
            raise Problem("delivery_gone", detail)
        case "full":
            raise Problem("deliveries_full", NO_ROOM, headers={"retry-after": "60"})
        case "too_often":
            raise Problem("asked_too_often", TOO_OFTEN, headers={"retry-after": "60"})
    return json_response(delivery_view(await _find(parts, principal.tenant_id, delivery.id)), 202)


async def _page(parts: Parts, request: Request, log: str) -> Response:
    query = Query(request, ("limit", "cursor", "state"))
    page = await parts.threads.call(
        parts.desk.page,
        log,
        limit=query.integer("limit", default=PAGE_DEFAULT, minimum=1, maximum=PAGE_MAX),
        cursor=query.matching("cursor", CURSOR),
        state=query.one_of("state", get_args(DeliveryState)),
    )
    return json_response(deliveries_view(page))


async def _find(parts: Parts, tenant_id: str, found_id: str) -> Delivery:
    delivery = await parts.threads.call(parts.desk.get, found_id, tenant_id=tenant_id)
    if delivery is None:
        raise _unknown()
    return delivery


async def _check_endpoint(parts: Parts, delivery: Delivery) -> None:
    """A delivery to an endpoint that takes none is not sent for nothing."""
    if not delivery.endpoint_id:
        return
    try:
        endpoint = await parts.threads.call(parts.catalog.endpoints.get, delivery.endpoint_id)
    except EndpointUnknown as exc:
        raise Problem("delivery_gone", "The webhook it went to was deleted.") from exc
    if not endpoint.enabled:
        raise disabled()


def _unknown() -> Problem:
    return Problem("delivery_not_found", "There is no such delivery, or it ended so long ago that it was forgotten.")
