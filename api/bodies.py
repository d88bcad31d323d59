"""Reading a request's body with a ceiling: what is too large is refused before it is read to the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from api.errors import Problem

STALL_SECONDS = 60  # a client that sends nothing for so long holds its place, and its file, no longer


class Limit(Protocol):
    """How long a body may be: as remembered, and as it is now."""

    @property
    def bytes(self) -> int:
        """As remembered."""

    async def ask(self) -> int:
        """As it is now."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """A limit that never changes."""

    bytes: int

    async def ask(self) -> int:
        """The same."""
        return self.bytes


def content_length(headers: Mapping[bytes, bytes]) -> int | None:
    """What the client says it will send; None when it doesn't say."""
    value = headers.get(b"content-length")
    return int(value) if value is not None and value.isdigit() else None


def media_type(headers: Mapping[bytes, bytes]) -> tuple[str, dict[str, str]]:
    """The content type in lower case, without and with its parameters; ("", {}) when there is none."""
    value, _, rest = headers.get(b"content-type", b"").decode("latin-1").partition(";")
    parameters = {}
    for part in rest.split(";") if rest else ():
        name, _, text = part.partition("=")
        parameters[name.strip().lower()] = text.strip().strip('"')
    return value.strip().lower(), parameters


def check_coding(headers: Mapping[bytes, bytes]) -> None:
    """Raises encoding_not_supported for a compressed body: read as it is, it would be another input (RFC 9110, 8.4)."""
    if headers.get(b"content-encoding", b"").strip().lower() not in (b"", b"identity"):
        detail = "The body is taken as it is: send it uncompressed, without Content-Encoding."
        raise Problem("encoding_not_supported", detail)


def check_form(headers: Mapping[bytes, bytes]) -> None:
    """Raises form_not_supported for what ``curl -F`` and HTML forms send: its framing would be taken for the input."""
    if headers.get(b"content-type", b"")[:19].lower() == b"multipart/form-data":
        detail = "A form is no input: send the file itself as the body, with curl --data-binary @FILE, or JSON."
        raise Problem("form_not_supported", detail)


def is_json(media: str) -> bool:
    """Whether a media type says JSON: application/json, or anything with the +json suffix."""
    return media == "application/json" or (media.startswith("application/") and media.endswith("+json"))


async def chunks(request: Request) -> AsyncIterator[bytes]:
    """The body piece by piece, as it arrives.

    Raises ClientDisconnect when the client goes away, request_timeout when it sends nothing for STALL_SECONDS.
    """
    while True:
        message = await _next(request)
        if message["type"] != "http.request":
            raise ClientDisconnect
        if body := message.get("body", b""):
            yield body
        if not message.get("more_body", False):
            return


async def _next(request: Request) -> Message:
    try:
        async with asyncio.timeout(STALL_SECONDS):
            return await request.receive()
    except TimeoutError as exc:
        detail = f"Nothing more of the body came for {STALL_SECONDS} seconds; send it again."
        raise Problem("request_timeout", detail) from exc


async def read(request: Request, headers: Mapping[bytes, bytes], *, limit: Limit) -> bytes | None:
    """The whole body, or None as soon as it is known to be longer than the limit.

    The limit is asked again before it is held against anyone: it may have been raised since it was remembered.
    """
    announced = content_length(headers)
    if announced is not None and announced > limit.bytes and announced > await limit.ask():
        return None
    message = await request.receive()  # a client that only sends a head costs nothing but its connection
    if message["type"] != "http.request":
        raise ClientDisconnect
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):  # nearly always: small bodies come in one piece
        return body
    pieces, size = [body], len(body)
    async for piece in chunks(request):
        size += len(piece)
        if size > limit.bytes and size > await limit.ask():
            return None
        pieces.append(piece)
    return b"".join(pieces)


async def read_small(request: Request, *, limit_bytes: int, code: str = "body_too_large") -> bytes:
    """The whole body of a request that has no business being large."""
    body = await read(request, dict(request.scope["headers"]), limit=Fixed(limit_bytes))
    if body is None or len(body) > limit_bytes:
        raise Problem(code, f"At most {limit_bytes:,} bytes are taken here.", limit_bytes=limit_bytes)
    return body
