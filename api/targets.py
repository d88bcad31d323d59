"""Which version serves a request: found once, then remembered with the principal."""

from __future__ import annotations

from api.auth import Principal
from api.errors import Problem
from api.parts import Parts
from store.catalog import Model, Version

TARGETS_KEPT = 1_000  # versions remembered for one principal


async def find_target(parts: Parts, principal: Principal, *, name: str, number: int | None) -> Version:
    """The ready version that serves the model, or the numbered one.

    Raises model_not_found, version_not_found, or model_not_ready with the status it has.
    """
    known = principal.targets.get((name, number))
    if known is not None:
        return known
    check_scope(principal, name)
    version = await _look_up(parts, principal, name=name, number=number)
    if len(principal.targets) >= TARGETS_KEPT:
        principal.targets.clear()
    principal.targets[(name, number)] = version
    return version


async def find_model(parts: Parts, principal: Principal, name: str) -> Model:
    """The tenant's model of that name or id. Raises model_not_found."""
    check_scope(principal, name)
    model = await parts.threads.call(parts.catalog.models.get, principal.tenant_id, name)
    if model is None:
        raise unknown_model(name)
    return model


async def owns_version(parts: Parts, principal: Principal, version_id: str) -> bool:
    """Whether this principal may see what ran under the version: always, but for another model's token."""
    if principal.model_id is None:
        return True
    if version_id not in principal.owners:
        if len(principal.owners) >= TARGETS_KEPT:
            principal.owners.clear()
        version = await parts.threads.call(parts.catalog.models.version_by_id, version_id)
        principal.owners[version_id] = None if version is None else version.model_id
    return principal.owners[version_id] == principal.model_id


def check_scope(principal: Principal, name: str) -> None:
    """An access token sees its own model only: every other name is unknown to it."""
    if principal.model_id is not None and name not in (principal.model_name, principal.model_id):
        raise unknown_model(name)


def unknown_model(name: str) -> Problem:
    """The answer for a name the tenant has no model of."""
    return Problem("model_not_found", f"There is no model {name[:100]!r}; GET /v1/models lists what there is.")


async def _look_up(parts: Parts, principal: Principal, *, name: str, number: int | None) -> Version:
    if number is not None:
        version = await parts.threads.call(parts.catalog.models.version, principal.tenant_id, name, number)
        if version is None:
            await find_model(parts, principal, name)
            raise Problem("version_not_found", f"The model has no version {number}.")
        if version.status != "ready":
            raise _not_ready(version)
        return version
    version = await parts.threads.call(parts.catalog.models.latest_ready, principal.tenant_id, name)
    if version is None:
        raise _not_ready((await find_model(parts, principal, name)).latest)
    return version


def _not_ready(version: Version) -> Problem:
    detail = {
        "checking": "The version is still being checked; ask again in a moment.",
        "refused": "The policy refused the version's source; its verdict says where and why.",
        "failed": "The version could not be loaded; its error says why.",
    }.get(version.status, "The version can't run.")
    return Problem("model_not_ready", detail, version=version.number, version_status=version.status)
