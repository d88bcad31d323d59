"""``cloche-admin webhooks``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from admin.installation import announce, opened
from admin.output import AsJson, say, show_json, show_table
from admin.tenants import Handle
from admin.webhook_log import log, recover, redeliver, with_desk
from store.catalog import Tenant, WebhookEndpoint
from store.catalog.endpoints import GRACE_MAX_SECONDS, GRACE_SECONDS
from store.catalog.records import SigningSecret
from store.deliveries.records import Health

app = typer.Typer(help="Where tenants are told of events, how that is signed, and how it went.", no_args_is_help=True)
app.command("log")(log)
app.command("redeliver")(redeliver)
app.command("recover")(recover)

Endpoint = Annotated[
    str | None, typer.Option("--endpoint", metavar="WEBHOOK", help="One of its endpoints instead, whk_…")
]
EndpointId = Annotated[str, typer.Argument(metavar="WEBHOOK", help="Its id, whk_…")]


@app.callback()
def webhooks() -> None:
    """Where tenants are told of events, how that is signed, and how it went."""


@app.command("secret")
def secret(tenant: Handle, *, endpoint: Endpoint = None, as_json: AsJson = False) -> None:
    """Show the secret that signs what goes to the URLs that came with a tenant's jobs, or to one of its endpoints."""
    with opened() as catalog:
        found = catalog.tenants.get(tenant)
        if endpoint is None:
            secrets = catalog.tenant_secrets.list(found.id)
        else:
            secrets = catalog.endpoints.secrets(endpoint, tenant_id=found.id)
    _show_secrets(found, secrets, endpoint=endpoint, as_json=as_json)


@app.command("rotate")
def rotate(
    tenant: Handle,
    *,
    endpoint: Endpoint = None,
    grace_seconds: Annotated[
        int, typer.Option(min=0, max=GRACE_MAX_SECONDS, help="How long the old secret is still signed with.")
    ] = GRACE_SECONDS,
    as_json: AsJson = False,
) -> None:
    """Give a tenant a new secret for the URLs that come with its jobs, or for one of its endpoints.

    For a while both sign each delivery.
    """
    with opened() as catalog:
        found = catalog.tenants.get(tenant)
        if endpoint is None:
            secrets = catalog.tenant_secrets.rotate(found.id, grace_seconds=grace_seconds)
        else:
            catalog.endpoints.rotate(endpoint, tenant_id=found.id, grace_seconds=grace_seconds)
            secrets = catalog.endpoints.secrets(endpoint)
    announce(found.id)
    _show_secrets(found, secrets, endpoint=endpoint, as_json=as_json)


@app.command("endpoints")
def endpoints(
    tenant: Annotated[str | None, typer.Argument(help="The tenant's name or id; all tenants if left out.")] = None,
    *,
    disabled: Annotated[bool, typer.Option("--disabled", help="Only those that are disabled.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show webhook endpoints: whether they are enabled, why not, since when they fail. No secrets."""
    with opened() as catalog:
        tenants = catalog.tenants.list() if tenant is None else (catalog.tenants.get(tenant),)
        found = [(owner.name, each) for owner in tenants for each in catalog.endpoints.list(owner.id)]
    shown = [pair for pair in found if not (disabled and pair[1].enabled)]
    with with_desk() as desk:
        health = desk.health([endpoint.id for _, endpoint in shown])
    if as_json:
        show_json([plain(endpoint, state) for (_, endpoint), state in zip(shown, health, strict=True)])
        return
    columns = ("ID", "TENANT", "URL", "EVENTS", "STATE", "FAILURES", "WHY")
    rows = [_row(name, endpoint, state) for (name, endpoint), state in zip(shown, health, strict=True)]
    show_table(columns, rows)


@app.command("disable")
def disable(
    webhook: EndpointId,
    *,
    reason: Annotated[str, typer.Option(help="A sentence for the tenant.")] = "Disabled by the operator.",
    as_json: AsJson = False,
) -> None:
    """Send nothing more to an endpoint. Its tenant sees the reason, and can't enable it."""
    with opened() as catalog:
        changed = catalog.endpoints.disable(webhook, reason="by_operator", note=reason)
        found = changed or catalog.endpoints.get(webhook)
    _changed(found, f"Disabled {found.id}.", as_json=as_json)


@app.command("enable")
def enable(webhook: EndpointId, *, as_json: AsJson = False) -> None:
    """Send to an endpoint again, whoever or whatever disabled it."""
    with opened() as catalog:
        catalog.endpoints.get(webhook)
        with with_desk() as desk:
            desk.forgive(webhook)  # first: otherwise its old days would count against it
        found = catalog.endpoints.enable(webhook)
    _changed(found, f"Enabled {found.id}.", as_json=as_json)


@app.command("delete")
def delete(webhook: EndpointId, *, as_json: AsJson = False) -> None:
    """Forget an endpoint and its secrets. What waits to be delivered to it is given up."""
    with opened() as catalog:
        found = catalog.endpoints.delete(webhook)
    _changed(found, f"Deleted {found.id}.", as_json=as_json)


def plain(endpoint: WebhookEndpoint, health: Health) -> dict[str, Any]:
    """The endpoint as JSON shows it."""
    return {**asdict(endpoint), "enabled": endpoint.enabled, **asdict(health)}


def _show_secrets(tenant: Tenant, secrets: Sequence[SigningSecret], *, endpoint: str | None, as_json: bool) -> None:
    newest, *older = secrets
    if as_json:
        previous = [{"secret": each.secret, "expires_at": each.expires_at} for each in older]
        signs = {"tenant_id": tenant.id, "endpoint_id": endpoint}
        show_json({**signs, "secret": newest.secret, "created_at": newest.created_at, "previous": previous})
    else:
        say(newest.secret)


def _row(tenant: str, endpoint: WebhookEndpoint, health: Health) -> tuple[object, ...]:
    state = "enabled" if endpoint.enabled else f"disabled: {endpoint.disabled_reason}"
    failures = health.failures or None
    return endpoint.id, tenant, endpoint.url, ",".join(endpoint.events), state, failures, endpoint.disabled_note


def _changed(endpoint: WebhookEndpoint, sentence: str, *, as_json: bool) -> None:
    announce(endpoint.tenant_id)
    if as_json:
        show_json({**asdict(endpoint), "enabled": endpoint.enabled})
    else:
        say(sentence)
