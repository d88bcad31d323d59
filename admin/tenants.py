"""``cloche-admin tenants``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from admin.installation import announce, opened, redis_client, settings
from admin.output import AsJson, complain, say, show_json, show_table
from store.catalog import Tenant
from store.errors import RedisUnavailable
from store.jobs.ending import cancel_all, underway

app = typer.Typer(help="Who may use this installation.", no_args_is_help=True)

UNUSABLE = 2
Handle = Annotated[str, typer.Argument(metavar="TENANT", help="The tenant's name or id.")]


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="Letters, digits, spaces, '.', '_' and '-'.")], *, as_json: AsJson = False
) -> None:
    """Add a tenant with the default quotas. Give it a key next."""
    with opened() as catalog:
        tenant = catalog.tenants.create(name)
    _changed(tenant, f"Created tenant {tenant.name} ({tenant.id}).", as_json=as_json)


@app.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """Show every tenant."""
    with opened() as catalog:
        tenants = catalog.tenants.list()
    if as_json:
        show_json([plain(tenant) for tenant in tenants])
        return
    show_table(("NAME", "ID", "CREATED", "SUSPENDED"), (_row(tenant) for tenant in tenants))


@app.command("show")
def show(tenant: Handle, *, as_json: AsJson = False) -> None:
    """Show one tenant and what it uses."""
    with opened() as catalog:
        found = catalog.tenants.get(tenant)
        quotas = catalog.quotas.get(found.id)
        plan = catalog.plans.of(found.id)
        used = {"models": len(catalog.models.list(found.id)), "storage_bytes": catalog.models.storage_used(found.id)}
    if as_json:
        show_json(plain(found) | {"plan": plan, "used": used, "quotas": asdict(quotas)})
        return
    show_table(("NAME", "ID", "CREATED", "SUSPENDED", "PLAN"), [(*_row(found), plan)])
    print()
    show_table(("QUOTA", "USED", "LIMIT"), [(name, used.get(name), limit) for name, limit in asdict(quotas).items()])


@app.command("suspend")
def suspend(
    tenant: Handle,
    *,
    cancel: Annotated[
        bool, typer.Option("--cancel", help="Also end what it has under way: running calls are killed.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Refuse whatever a tenant asks from now on. Nothing of it is deleted.

    Jobs that were accepted before are still run, unless they are canceled here; batches wait.
    """
    with opened() as catalog:
        found = catalog.tenants.suspend(tenant)
    announce(found.id)
    try:
        left = _end(found, cancel=cancel)
    except RedisUnavailable as exc:
        complain(f"{found.name} is suspended, and Redis does not answer: nothing was canceled. Run this again.")
        raise typer.Exit(UNUSABLE) from exc
    if as_json:
        show_json(plain(found) | left)
    else:
        say(f"Suspended {found.name} ({found.id}). {_told(left, canceled=cancel)}".rstrip())


@app.command("resume")
def resume(tenant: Handle, *, as_json: AsJson = False) -> None:
    """Serve a suspended tenant again."""
    with opened() as catalog:
        found = catalog.tenants.resume(tenant)
    _changed(found, f"Resumed {found.name} ({found.id}).", as_json=as_json)


@app.command("plan")
def plan(
    tenant: Handle,
    name: Annotated[str | None, typer.Argument(metavar="PLAN", help="The plan's name.", show_default=False)] = None,
    *,
    none: Annotated[bool, typer.Option("--none", help="Take the tenant off its plan.")] = False,
    as_json: AsJson = False,
) -> None:
    """Put a tenant on a plan; it holds from the next request on. Its own quotas win over the plan's."""
    if (name is None) != none:
        raise typer.BadParameter("Name a plan, or say --none.")
    with opened() as catalog:
        found = catalog.tenants.get(tenant)
        catalog.plans.assign(found.id, name)
    sentence = f"{found.name} is on plan {name} now." if name else f"{found.name} is on no plan now."
    _changed(found, sentence, as_json=as_json)


def _end(tenant: Tenant, *, cancel: bool) -> dict[str, int]:
    """What was canceled, or what goes on. Without Redis nothing is known, which matters to who cancels only."""
    try:
        with redis_client(settings().redis_url) as client:
            if cancel:
                ended = cancel_all(client, tenant.id)
                return {"canceled_jobs": ended.jobs, "canceled_batches": ended.batches}
            return asdict(underway(client, tenant.id))
    except (RedisUnavailable, ValueError) as exc:
        if cancel:
            raise RedisUnavailable(str(exc)) from exc
        return {}


def _told(left: dict[str, int], *, canceled: bool) -> str:
    if canceled:
        return f"Canceled {left['canceled_jobs']} jobs and {left['canceled_batches']} batches."
    if not any(left.values()):
        return ""
    return (
        f"Accepted before, and still run: {left['queued_jobs']} queued jobs and {left['running_jobs']} running ones "
        f"({left['open_batches']} batches wait). The same with --cancel ends them."
    )


def plain(tenant: Tenant) -> dict[str, Any]:
    """The tenant as JSON shows it: without its webhook secret."""
    return {
        "id": tenant.id,
        "name": tenant.name,
        "created_at": tenant.created_at,
        "suspended_at": tenant.suspended_at,
    }


def _row(tenant: Tenant) -> tuple[object, ...]:
    return tenant.name, tenant.id, tenant.created_at, tenant.suspended_at


def _changed(tenant: Tenant, sentence: str, *, as_json: bool) -> None:
    announce(tenant.id)
    if as_json:
        show_json(plain(tenant))
    else:
        say(sentence)
