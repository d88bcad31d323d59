"""/v1/usage: what the tenant's ended jobs used, by day and model."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api.parts import parts_of
from api.queries import Query, invalid
from api.responses import json_response
from store.catalog.records import Usage

DAYS = 366  # in one answer
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_OUTCOMES = ("succeeded", "failed", "platform", "canceled", "expired")
_SUMS = tuple(field.name for field in fields(Usage))[3:]


async def usage(request: Request) -> Response:
    """What ended jobs used by day (UTC) and model, complete but for the last seconds."""
    parts = parts_of(request)
    principal = await parts.auth.owner(request)
    query = Query(request, ("from", "to", "model"))
    today = datetime.now(UTC).date()
    last = _day(query, "to") or today
    first = _day(query, "from") or last.replace(day=1)
    if not timedelta(0) <= last - first < timedelta(days=DAYS):
        raise invalid("from", f"from and to span 1 to {DAYS} days, from first.")
    found = await parts.threads.call(
        parts.catalog.usage.between, first, last, tenant_id=principal.tenant_id, model=query.text("model")
    )
    total = {name: sum(getattr(one, name) for one in found) for name in _SUMS}
    return json_response(
        {
            "from": first,
            "to": last,
            "days": [
                {"date": one.day, "model": one.model, **_counts({name: getattr(one, name) for name in _SUMS})}
                for one in found
            ],
            "total": _counts(total),
        }
    )


def _day(query: Query, name: str) -> date | None:
    text = query.text(name)
    if text is None:
        return None
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise invalid(name, f"{name} takes a day such as 2026-11-21.")


def _counts(sums: dict[str, Any]) -> dict[str, Any]:
    return {
        "jobs": {outcome: sums[outcome] for outcome in _OUTCOMES},
        "run_seconds": round(sums["run_seconds"], 6),
        "gpu_seconds": round(sums["gpu_seconds"], 6),
        "input_bytes": sums["input_bytes"],
        "output_bytes": sums["output_bytes"],
    }
