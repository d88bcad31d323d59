"""One method on one path, as the tables of addresses list them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from starlette.requests import Request
from starlette.responses import Response

from api.described import Json
from api.shape import Shape

Endpoint = Callable[[Request], Awaitable[Response]]

BODY = ("bad_request", "request_timeout")  # the problems of every address that reads a body
LIMITED = ("RateLimit-Policy", "RateLimit")  # headers that say what is left of the quotas
JSON_BODY = (*BODY, "invalid_json", "invalid_request", "body_too_large")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One method on one path. ``answers`` maps each status of success to the headers it brings."""

    operation_id: str
    method: str
    path: str
    endpoint: Endpoint
    tag: str
    shape: type[Shape] | None
    answers: dict[int, tuple[str, ...]] = field(default_factory=lambda: {200: ()})
    problems: tuple[str, ...] = ()
    parameters: tuple[Json, ...] = ()
    body: Json | None = None
    media: tuple[str, ...] = ()  # content types of answers that have no shape
    open: bool = False  # needs no key
    linked: bool = False  # needs no key from who holds a signed link


def with_head(get: Address) -> tuple[Address, Address]:
    """An address and the same with HEAD: its headers and its problems, and no body."""
    name = f"head_{get.operation_id.removeprefix('get_')}"
    return get, replace(get, operation_id=name, method="HEAD", shape=None, media=())
