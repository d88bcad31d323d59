"""``cloche-admin quotas``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated

import typer

from admin.installation import announce, opened, redis_client, settings
from admin.output import AsJson, show_json, show_table
from admin.tenants import Handle
from policies.limits import GIB, KIB, MIB
from policies.quotas import Quotas
from store.catalog.quotas import check_quota, check_quota_name
from store.errors import RedisUnavailable
from store.jobs import holdings

app = typer.Typer(help="What a tenant may use.", no_args_is_help=True)

Changes = Annotated[list[str], typer.Argument(metavar="NAME=VALUE…", help="For example storage_bytes=20GiB.")]
Names = Annotated[list[str], typer.Argument(metavar="NAME…", help="For example storage_bytes.")]

_UNITS = {"KiB": KIB, "MiB": MIB, "GiB": GIB, "TiB": 1024 * GIB}


@app.command("show")
def show(tenant: Handle, *, as_json: AsJson = False) -> None:
    """Show a tenant's quotas: limit, what is used, and where each comes from.

    That is: the tenant's own setting, its plan, or the default. What is used of some is known while Redis answers.
    """
    with opened() as catalog:
        tenant_id = catalog.tenants.get(tenant).id
        quotas, plan = asdict(catalog.quotas.get(tenant_id)), catalog.plans.of(tenant_id)
        origins = catalog.quotas.origins(tenant_id)
        used: dict[str, float] = {"models": len(catalog.models.list(tenant_id))}
        used["storage_bytes"] = catalog.models.storage_used(tenant_id)
    used |= _held(tenant_id)
    if as_json:
        show_json(quotas | {"plan": plan, "from": origins, "used": used})
        return
    rows = (
        (name, limit, used.get(name), f"plan {plan}" if origins[name] == "plan" else origins[name])
        for name, limit in quotas.items()
    )
    show_table(("QUOTA", "LIMIT", "USED", "FROM"), rows)


@app.command("set")
def set_(tenant: Handle, changes: Changes, *, as_json: AsJson = False) -> None:
    """Change quotas, all or none; they hold from the next request on. KiB, MiB, GiB and TiB are understood."""
    values = parsed(changes)
    with opened() as catalog:
        found = catalog.tenants.get(tenant)
        quotas = catalog.quotas.set(found.id, values)
    announce(found.id)
    _show(quotas, as_json=as_json)


@app.command("reset")
def reset(tenant: Handle, names: Names, *, as_json: AsJson = False) -> None:
    """Leave quotas to the tenant's plan, or to the default, again."""
    checked_names(names)
    with opened() as catalog:
        found = catalog.tenants.get(tenant)
        quotas = catalog.quotas.reset(found.id, names)
    announce(found.id)
    _show(quotas, as_json=as_json)


def _held(tenant_id: str) -> dict[str, float]:
    """What Redis knows of; nothing when it doesn't answer."""
    try:
        with redis_client(settings().redis_url) as client:
            return asdict(holdings.read(client, tenant_id))
    except (RedisUnavailable, ValueError):
        return {}


def parsed(changes: Iterable[str]) -> dict[str, int]:
    """What NAME=VALUE says, checked. Raises QuotaUnknown, QuotaInvalid, and BadParameter for what is neither."""
    return dict(_parsed(change) for change in changes)


def checked_names(names: Iterable[str]) -> None:
    """Raises QuotaUnknown."""
    for name in names:
        check_quota_name(name)


def _parsed(change: str) -> tuple[str, int]:
    name, sign, text = change.partition("=")
    if not sign:
        raise typer.BadParameter(f"{change!r} is not NAME=VALUE, for example models=50.")
    number, unit = text, 1
    for suffix, size in _UNITS.items():
        if text.endswith(suffix):
            number, unit = text.removesuffix(suffix), size
    digits = number.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 20):
        raise typer.BadParameter(f"{text!r} is not a whole number, with KiB, MiB, GiB or TiB behind it if you like.")
    value = int(number) * unit
    check_quota(name, value)
    return name, value


def _show(quotas: Quotas, *, as_json: bool) -> None:
    if as_json:
        show_json(asdict(quotas))
    else:
        show_table(("QUOTA", "LIMIT"), asdict(quotas).items())
