"""/v1/webhooks: where a tenant is told of events. Only its own keys may look or change; access tokens may not."""

from __future__ import annotations

import time
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.auth import Principal
from api.bodies import read_small
from api.errors import Problem
from api.parts import Parts, parts_of
from api.queries import invalid
from api.responses import json_response
from api.webhook_views import delivery_view, secrets_view, webhook_view
from policies.events import EVENTS, EVERYTHING
from store.catalog import WebhookEndpoint
from store.catalog.endpoints import DESCRIPTION_CHARACTERS, GRACE_MAX_SECONDS, GRACE_SECONDS, Changes
from store.deliveries import TEST_EVENT, Plan, Recipient, delivery_id, event_body
from store.ids import new_id

BODY_BYTES = 8_192
KEEP_PRIVATE = {"cache-control": "no-store"}
NO_ROOM = "Too many deliveries of this tenant wait already; repair or disable what they wait for."
TOO_OFTEN = "Tests and redeliveries are 60 a minute for a tenant; wait a little."

S = TypeVar("S", bound=msgspec.Struct)


class _New(msgspec.Struct, forbid_unknown_fields=True):
    url: str
    events: list[str] = msgspec.field(default_factory=lambda: [EVERYTHING])
    description: str = ""


class _Changed(msgspec.Struct, forbid_unknown_fields=True):
    url: str | msgspec.UnsetType = msgspec.UNSET
    events: list[str] | msgspec.UnsetType = msgspec.UNSET
    description: str | msgspec.UnsetType = msgspec.UNSET
    enabled: bool | msgspec.UnsetType = msgspec.UNSET


class _Rotation(msgspec.Struct, forbid_unknown_fields=True):
    grace_seconds: int = GRACE_SECONDS


async def create(request: Request) -> Response:
    """Register a URL; its secret is in the answer. What can't be sent to as things stand is refused with the reason."""
    parts = parts_of(request)
    principal = await parts.auth.owner(request)
    body = await _body(request, _New)
    events, description = checked_events(body.events), checked_description(body.description)
    await parts.destinations.check(principal.tenant_id, body.url)
    endpoint, secret = await parts.threads.call(
        parts.catalog.endpoints.create,
        principal.tenant_id,
        url=body.url,
        events=events,
        description=description,
        quotas=principal.quotas,
    )
    await parts.changed(principal.tenant_id)
    view = {**await _view(parts, endpoint), "secret": secret.secret}
    return json_response(view, 201, {**KEEP_PRIVATE, "location": view["urls"]["self"]})


async def index(request: Request) -> Response:
    """Every webhook of the tenant, without their secrets."""
    parts = parts_of(request)
    principal = await parts.auth.owner(request)
    endpoints = await parts.threads.call(parts.catalog.endpoints.list, principal.tenant_id)
    health = await parts.threads.call(parts.desk.health, [each.id for each in endpoints])
    return json_response({"webhooks": [webhook_view(*pair) for pair in zip(endpoints, health, strict=True)]})


async def show(request: Request) -> Response:
    """One webhook: whether it is enabled, why not, and how it has been answering."""
    parts = parts_of(request)
    principal = await parts.auth.owner(request)
    return json_response(await _view(parts, await find(parts, principal, request.path_params["id"])))


async def update(request: Request) -> Response:
    """Change what is named. Enabling, and another URL, forget what it did before."""
    parts = parts_of(request)
    principal = await parts.auth.owner(request)
    endpoint = await find(parts, principal, request.path_params["id"])
    changes = _changes(await _body(request, _Changed))
    if changes.url is not None and changes.url != endpoint.url:
        await parts.destinations.check(principal.tenant_id, changes.url)
    if changes.url is not None or changes.enabled:
        # First: should the change then fail, nothing is lost; the other way round the old days would count.
        await parts.threads.call(parts.desk.forgive, endpoint.id)
    tenant_id = principal.tenant_id
    changed = await parts.threads.call(parts.catalog.endpoints.update, endpoint.id, changes, tenant_id=tenant_id)
    await parts.changed(tenant_id)
    return json_response(await _view(parts, changed))


async def delete(request: Request) -> Response:
    """Forget a webhook. What waits to be delivered to it is given up."""
    parts = parts_of(request)
    principal = await parts.auth.owner(request)
    endpoint = await find(parts, principal, request.path_params["id"])
    await parts.threads.call(parts.catalog.endpoints.delete, endpoint.id, tenant_id=principal.tenant_id)
    await parts.changed(principal.tenant_id)
    await parts.threads.call(parts.desk.forgive, endpoint.id)
    return Response(status_code=204)


async def secret_of_tenant(request: Request) -> Response:
    """What deliveries to the URLs that came with jobs are signed with: the newest secret, and those still in force."""
    parts = parts_of(request)
    principal = await parts.auth.owner(request)
    secrets = await parts.threads.call(parts.catalog.tenant_secrets.list, principal.tenant_id)
    return json_response(secrets_view(secrets), 200, KEEP_PRIVATE)


async def rotate_secret_of_tenant(request: Request) -> Response:
    """A new secret for the URLs that come with jobs. Until the old one's grace is over, both sign each delivery."""
    parts = parts_of(request)
    principal = await parts.auth.owner(request)
    grace_seconds = await _grace_seconds(request)
    secrets = await parts.threads.call(
        parts.catalog.tenant_secrets.rotate, principal.tenant_id, grace_seconds=grace_seconds
    )
    await parts.changed(principal.tenant_id)
    return json_response(secrets_view(secrets), 200, KEEP_PRIVATE)


async def secret(request: Request) -> Response:
    """What the webhook's deliveries are signed with: the newest secret, and those that are still in force."""
    parts = parts_of(request)
    principal = await parts.auth.owner(request)
    return await _secrets(parts, await find(parts, principal, request.path_params["id"]))


async def rotate(request: Request) -> Response:
    """A new secret. Until the old one's grace is over, deliveries carry a signature of each."""
    parts = parts_of(request)
    principal = await parts.auth.owner(request)
    endpoint = await find(parts, principal, request.path_params["id"])
    grace_seconds = await _grace_seconds(request)
    await parts.threads.call(
        parts.catalog.endpoints.rotate, endpoint.id, tenant_id=principal.tenant_id, grace_seconds=grace_seconds
    )
    return await _secrets(parts, endpoint)


async def test(request: Request) -> Response:
    """Send a test event, once. The answer says where to see how it went."""
    parts = parts_of(request)
    principal = await parts.auth.owner(request)
    endpoint = await find(parts, principal, request.path_params["id"])
    if not endpoint.enabled:
        raise disabled()
    plan = _test_plan(endpoint)
    if not await parts.threads.call(parts.desk.test, plan, retention=parts.retention):
        raise Problem("asked_too_often", TOO_OFTEN, headers={"retry-after": "60"})
    found_id = delivery_id(plan.subject, event=TEST_EVENT, endpoint_id=endpoint.id)
    delivery = await parts.threads.call(parts.desk.get, found_id)
    if delivery is None or delivery.last_error == "backlog_full":
        raise Problem("deliveries_full", NO_ROOM, headers={"retry-after": "60"})
    view = delivery_view(delivery)
    return json_response(view, 202, {"location": view["urls"]["self"]})


async def find(parts: Parts, principal: Principal, endpoint_id: str) -> WebhookEndpoint:
    """The tenant's endpoint. Raises webhook_not_found, also for another tenant's."""
    return await parts.threads.call(parts.catalog.endpoints.get, endpoint_id, tenant_id=principal.tenant_id)


def disabled() -> Problem:
    """The answer to whoever wants something sent to a disabled endpoint."""
    return Problem("webhook_disabled", 'The webhook is disabled; PATCH it with {"enabled": true} first.')


def checked_events(events: list[str]) -> tuple[str, ...]:
    """A filter, each event once. Raises invalid_request."""
    known = (*EVENTS, EVERYTHING)
    if not events or any(event not in known for event in events):
        raise invalid("events", f"events takes at least one of {', '.join(EVENTS)}, or * for all of them.")
    return tuple(dict.fromkeys(events))


def checked_description(text: str) -> str:
    """A line for people. Raises invalid_request."""
    if len(text) > DESCRIPTION_CHARACTERS or not text.isprintable():
        raise invalid("description", f"description takes one line of at most {DESCRIPTION_CHARACTERS} characters.")
    return text


def _changes(body: _Changed) -> Changes:
    events = None if body.events is msgspec.UNSET else checked_events(body.events)
    description = None if body.description is msgspec.UNSET else checked_description(body.description)
    return Changes(
        url=None if body.url is msgspec.UNSET else body.url,
        events=events,
        description=description,
        enabled=None if body.enabled is msgspec.UNSET else body.enabled,
    )


def _test_plan(endpoint: WebhookEndpoint) -> Plan:
    now_ms = time.time_ns() // 1_000_000
    data = {"webhook": endpoint.id, "message": "Your webhook works."}
    return Plan(
        new_id("tst"),
        tenant_id=endpoint.tenant_id,
        event=TEST_EVENT,
        body=event_body(TEST_EVENT, data, at_ms=now_ms),
        recipients=(Recipient(endpoint.url, endpoint_id=endpoint.id),),
    )


async def _view(parts: Parts, endpoint: WebhookEndpoint) -> dict[str, Any]:
    [health] = await parts.threads.call(parts.desk.health, [endpoint.id])
    return webhook_view(endpoint, health)


async def _secrets(parts: Parts, endpoint: WebhookEndpoint) -> Response:
    secrets = await parts.threads.call(parts.catalog.endpoints.secrets, endpoint.id, tenant_id=endpoint.tenant_id)
    return json_response(secrets_view(secrets), 200, KEEP_PRIVATE)


async def _grace_seconds(request: Request) -> int:
    grace_seconds = (await _body(request, _Rotation, empty=True)).grace_seconds
    if not 0 <= grace_seconds <= GRACE_MAX_SECONDS:
        raise invalid("grace_seconds", f"grace_seconds takes a whole number from 0 to {GRACE_MAX_SECONDS}.")
    return grace_seconds


async def _body(request: Request, kind: type[S], *, empty: bool = False) -> S:
    raw = await read_small(request, limit_bytes=BODY_BYTES)
    if not raw and empty:
        return kind()
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as exc:
        raise Problem("invalid_request", f"{exc}. Fields are {', '.join(kind.__struct_fields__)}.") from exc
    except (msgspec.DecodeError, UnicodeError, RecursionError) as exc:
        raise Problem("invalid_json", "The body is not JSON.") from exc
