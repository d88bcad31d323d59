"""POST /v1/check: what the policy says to a source, storing nothing."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.bodies import is_json, media_type, read_small
from api.errors import Problem
from api.parts import Parts, parts_of
from api.queries import invalid
from api.responses import json_response, verdict_view
from policies.allowlist.entries import Allowances
from policies.isolated import check_isolated
from policies.verdict import Verdict

SOURCE_BYTES = 256 * 1024  # one model.py; the longest ones people write have a tenth of it
JSON_FACTOR = 6  # "\u000a": the most a character grows as JSON


class _Body(msgspec.Struct, forbid_unknown_fields=True):
    source: str


async def check(request: Request) -> Response:
    """The verdict, 200 whether the source is accepted or refused."""
    parts = parts_of(request)
    principal = await parts.auth.owner(request)
    verdict = await check_source(parts, await _source(request), allowances=principal.allowances)
    return json_response(verdict_view(verdict))


async def check_source(parts: Parts, source: bytes, *, allowances: Allowances) -> Verdict:
    """The verdict of the checker's child process, as the tenant's allowances have it. Raises source_too_large."""
    if len(source) > SOURCE_BYTES:
        raise source_too_large()
    async with parts.checks:
        return await parts.threads.call(check_isolated, source, allowances=allowances)


def source_too_large() -> Problem:
    """The answer to a source over the limit."""
    detail = f"A source may have at most {SOURCE_BYTES:,} bytes; weights and tables belong into the weights file."
    return Problem("source_too_large", detail, limit_bytes=SOURCE_BYTES)


async def _source(request: Request) -> bytes:
    media, _ = media_type(dict(request.scope["headers"]))
    if not is_json(media):
        return await read_small(request, limit_bytes=SOURCE_BYTES, code="source_too_large")
    body = await read_small(request, limit_bytes=SOURCE_BYTES * JSON_FACTOR, code="source_too_large")
    try:
        return msgspec.json.decode(body, type=_Body).source.encode()
    except msgspec.ValidationError as exc:
        raise invalid("source", f'{exc}. Send {{"source": …}}, or the source itself as text/x-python.') from exc
    except (msgspec.DecodeError, UnicodeError, RecursionError) as exc:
        raise Problem("invalid_json", "The body is not JSON; send the source itself as text/x-python.") from exc
