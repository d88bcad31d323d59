"""``cloche-admin plans``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from admin.installation import announce, opened
from admin.output import AsJson, say, show_json, show_table
from admin.quotas import Changes, Names, checked_names, parsed
from store.catalog import Plan

app = typer.Typer(
    help="Named sets of quotas. A tenant's own quota wins over its plan's, and that over the default.",
    no_args_is_help=True,
)

PlanName = Annotated[str, typer.Argument(metavar="PLAN", help="The plan's name.")]
Beginning = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME=VALUE…]", help="For example concurrency=4.", show_default=False)
]


@app.command("create")
def create(plan: PlanName, changes: Beginning = None, *, as_json: AsJson = False) -> None:
    """Add a plan; what it doesn't set is left to the default."""
    values = parsed(changes or ())
    with opened() as catalog:
        made = catalog.plans.create(plan, values)
    _done(made, f"Created plan {made.name}; put tenants on it with `cloche-admin tenants plan`.", as_json=as_json)


@app.command("set")
def set_(plan: PlanName, changes: Changes, *, as_json: AsJson = False) -> None:
    """Change quotas of a plan, all or none; they hold from the next request of each of its tenants on."""
    values = parsed(changes)
    with opened() as catalog:
        changed = catalog.plans.set(plan, values)
    _announced(changed, as_json=as_json)


@app.command("reset")
def reset(plan: PlanName, names: Names, *, as_json: AsJson = False) -> None:
    """Leave quotas of a plan to the default again."""
    checked_names(names)
    with opened() as catalog:
        changed = catalog.plans.reset(plan, names)
    _announced(changed, as_json=as_json)


@app.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """Show every plan."""
    with opened() as catalog:
        plans = catalog.plans.list()
    if as_json:
        show_json([_plain(plan) for plan in plans])
        return
    rows = ((plan.name, len(plan.tenant_ids), _spelled(plan)) for plan in plans)
    show_table(("NAME", "TENANTS", "QUOTAS"), rows)


@app.command("show")
def show(plan: PlanName, *, as_json: AsJson = False) -> None:
    """Show one plan: what it sets, and who is on it."""
    with opened() as catalog:
        found = catalog.plans.get(plan)
        names = [catalog.tenants.get(tenant_id).name for tenant_id in found.tenant_ids]
    if as_json:
        show_json(_plain(found))
        return
    show_table(("QUOTA", "LIMIT"), found.quotas.items())
    print()
    show_table(("TENANT", "ID"), zip(names, found.tenant_ids, strict=True))


@app.command("delete")
def delete(plan: PlanName, *, as_json: AsJson = False) -> None:
    """Forget a plan that no tenant is on."""
    with opened() as catalog:
        catalog.plans.delete(plan)
    if as_json:
        show_json({"deleted": plan})
    else:
        say(f"Deleted plan {plan}.")


def _announced(changed: Plan, *, as_json: bool) -> None:
    announce(*changed.tenant_ids)
    count = len(changed.tenant_ids)
    _done(changed, f"Changed plan {changed.name} ({count} tenant{'' if count == 1 else 's'}).", as_json=as_json)


def _done(plan: Plan, sentence: str, *, as_json: bool) -> None:
    if as_json:
        show_json(_plain(plan))
    else:
        say(sentence)


def _plain(plan: Plan) -> dict[str, Any]:
    return {
        "name": plan.name,
        "created_at": plan.created_at,
        "quotas": dict(plan.quotas),
        "tenants": list(plan.tenant_ids),
    }


def _spelled(plan: Plan) -> str:
    return " ".join(f"{name}={value}" for name, value in sorted(plan.quotas.items()))
