"""/v1/quotas: what the tenant may use, and how much of it is used now."""

from __future__ import annotations

from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import Response

from api.auth import Principal
from api.parts import Parts, parts_of
from api.responses import json_response


async def quotas(request: Request) -> Response:
    """Every quota with its limit, and what is used of those that are used up."""
    parts = parts_of(request)
    principal = await parts.auth.owner(request)
    used: dict[str, float] = asdict(await parts.jobs.holdings(principal.tenant_id))
    used |= await parts.threads.call(_stored, parts, principal)
    limits = asdict(principal.quotas)
    return json_response({"quotas": {name: {"limit": limits[name], "used": used.get(name)} for name in limits}})


def _stored(parts: Parts, principal: Principal) -> dict[str, float]:
    models = parts.catalog.models
    return {
        "models": len(models.list(principal.tenant_id)),
        "storage_bytes": models.storage_used(principal.tenant_id),
    }
