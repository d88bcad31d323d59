"""``cloche-admin usage``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import UTC, date, datetime
from typing import Annotated, Any

import typer

from admin.installation import opened
from admin.output import AsJson, show_json, show_table
from store.catalog import Usage

Handle = Annotated[str | None, typer.Argument(metavar="[TENANT]", help="The tenant's name or id.", show_default=False)]

_DAYS = ["%Y-%m-%d"]
_COUNTS = tuple(field.name for field in fields(Usage))[3:]
_COLUMNS = (
    *("DAY", "TENANT", "MODEL", "SUCCEEDED", "FAILED", "PLATFORM", "CANCELED", "EXPIRED"),
    *("RUN SECONDS", "GPU SECONDS", "BYTES IN", "BYTES OUT"),
)


def usage(
    tenant: Handle = None,
    *,
    model: Annotated[str | None, typer.Option(help="Only this model's.", show_default=False)] = None,
    first: Annotated[
        datetime | None,
        typer.Option("--from", formats=_DAYS, help="The first day (UTC); this month's by default.", show_default=False),
    ] = None,
    last: Annotated[
        datetime | None,
        typer.Option("--to", formats=_DAYS, help="The last day (UTC); today by default.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what ended jobs used, by day, tenant and model. Complete but for the last seconds.

    FAILED is the models' doing, PLATFORM ours.
    """
    today = datetime.now(UTC).date()
    begin, end = (today.replace(day=1) if first is None else first.date()), (today if last is None else last.date())
    with opened() as catalog:
        tenant_id = None if tenant is None else catalog.tenants.get(tenant).id
        found = catalog.usage.between(begin, end, tenant_id=tenant_id, model=model)
        names = {each.id: each.name for each in catalog.tenants.list()}
    total = {name: _sum(found, name) for name in _COUNTS}
    if as_json:
        show_json({"from": _day(begin), "to": _day(end), "usage": [_plain(one) for one in found], "total": total})
        return
    rows = [(one.day, names.get(one.tenant_id, one.tenant_id), one.model, *_cells(asdict(one))) for one in found]
    show_table(_COLUMNS, [*rows, ("TOTAL", None, None, *_cells(total))])


def _sum(found: Iterable[Usage], name: str) -> float:
    total: float = sum(getattr(one, name) for one in found)
    return round(total, 6)


def _cells(counts: dict[str, Any]) -> Iterable[str]:
    return (f"{counts[name]:,.3f}" if name.endswith("seconds") else f"{counts[name]:,}" for name in _COUNTS)


def _plain(one: Usage) -> dict[str, Any]:
    return asdict(one) | {"day": _day(one.day)}


def _day(day: date) -> str:
    return day.isoformat()
