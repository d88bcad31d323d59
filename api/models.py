"""/v1/models: list, show, delete, and the access tokens of a model."""

from __future__ import annotations

import asyncio

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.auth import Principal
from api.bodies import read_small
from api.errors import Problem
from api.parts import Parts, parts_of
from api.preferences import wait_seconds
from api.queries import invalid
from api.responses import json_response, model_path, model_view, version_view
from api.targets import find_model
from store.catalog import Version
from store.errors import ModelUnknown

POLL_SECONDS = 0.1  # between two looks at a version that is being checked; a check takes seconds


class _TokenBody(msgspec.Struct, forbid_unknown_fields=True):
    name: str = ""


async def index(request: Request) -> Response:
    """Every model of the tenant, or the one model of an access token."""
    parts = parts_of(request)
    principal = await parts.auth.current(request)
    models = await parts.threads.call(parts.catalog.models.list, principal.tenant_id)
    visible = [model for model in models if principal.model_id in (None, model.id)]
    return json_response({"models": [model_view(model) for model in visible]})


async def show(request: Request) -> Response:
    """One model with its versions."""
    parts = parts_of(request)
    principal = await parts.auth.current(request)
    return json_response(model_view(await find_model(parts, principal, request.path_params["name"])))


async def show_version(request: Request) -> Response:
    """One version; with ``Prefer: wait=N`` once its check is over."""
    parts = parts_of(request)
    principal = await parts.auth.current(request)
    seconds = wait_seconds(request.scope["headers"])
    version = await _version(parts, principal, request)
    until = asyncio.get_running_loop().time() + seconds
    while version.status == "checking" and not parts.closing and asyncio.get_running_loop().time() < until:
        await asyncio.sleep(POLL_SECONDS)
        version = await _version(parts, principal, request)
    return json_response(version_view(version), 200, {"preference-applied": f"wait={seconds}"} if seconds else None)


async def delete(request: Request) -> Response:
    """Forget a model, its versions and its access tokens. Jobs that ran stay readable until they expire."""
    parts = parts_of(request)
    principal = await parts.auth.owner(request)
    try:
        await parts.threads.call(parts.catalog.models.delete, principal.tenant_id, request.path_params["name"])
    except ModelUnknown:
        # Deleted before, perhaps by a request that could not tell the others: tell them now.
        await parts.changed(principal.tenant_id)
        raise
    await parts.changed(principal.tenant_id)
    return Response(status_code=204)


async def create_token(request: Request) -> Response:
    """A key that can only run this model. Its text is in this answer and nowhere else."""
    parts = parts_of(request)
    principal = await parts.auth.owner(request)
    name = await _token_name(request)
    model = await find_model(parts, principal, request.path_params["name"])
    key, secret = await parts.threads.call(
        parts.catalog.keys.create, principal.tenant_id, name=name or f"token of {model.name}", model_id=model.id
    )
    body = {"id": key.id, "token": secret, "name": key.name, "model": model.name, "created_at": key.created_at}
    headers = {"cache-control": "no-store", "location": f"{model_path(model.name)}/tokens/{key.id}"}
    return json_response(body, 201, headers)


async def list_tokens(request: Request) -> Response:
    """The model's access tokens that are in force, without their text."""
    parts = parts_of(request)
    principal = await parts.auth.owner(request)
    model = await find_model(parts, principal, request.path_params["name"])
    keys = await parts.threads.call(parts.catalog.keys.list, principal.tenant_id)
    tokens = [
        {"id": key.id, "name": key.name, "prefix": key.prefix, "model": model.name, "created_at": key.created_at}
        for key in keys
        if key.model_id == model.id and key.revoked_at is None
    ]
    return json_response({"tokens": tokens})


async def revoke_token(request: Request) -> Response:
    """End an access token; in force with the next request."""
    parts = parts_of(request)
    principal = await parts.auth.owner(request)
    model = await find_model(parts, principal, request.path_params["name"])
    keys = await parts.threads.call(parts.catalog.keys.list, principal.tenant_id)
    token_id = request.path_params["id"]
    if not any(key.id == token_id and key.model_id == model.id for key in keys):
        raise Problem("token_not_found", "There is no such access token for this model.")
    await parts.threads.call(parts.catalog.keys.revoke, token_id, tenant_id=principal.tenant_id)
    await parts.changed(principal.tenant_id)
    return Response(status_code=204)


async def _version(parts: Parts, principal: Principal, request: Request) -> Version:
    name, number = request.path_params["name"], request.path_params["number"]
    found: Version | None = None
    if number.isascii() and number.isdigit() and len(number) < 10:
        found = await parts.threads.call(parts.catalog.models.version, principal.tenant_id, name, int(number))
    if found is None or principal.model_id not in (None, found.model_id):
        await find_model(parts, principal, name)
        raise Problem("version_not_found", f"The model has no version {number[:20]}.")
    return found


async def _token_name(request: Request) -> str:
    body = await read_small(request, limit_bytes=1_000)
    if not body:
        return ""
    try:
        return msgspec.json.decode(body, type=_TokenBody).name
    except msgspec.ValidationError as exc:
        raise invalid("name", f'{exc}. The body may be empty or {{"name": …}}.') from exc
    except (msgspec.DecodeError, UnicodeError, RecursionError) as exc:
        raise Problem("invalid_json", "The body is not JSON; it may also be empty.") from exc
