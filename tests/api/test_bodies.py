"""Reading bodies: what stalls is given up, what is under way counts."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.requests import Request

import api.bodies
from api.auth import Principal
from api.bodies import chunks, media_type
from api.errors import Problem
from api.metrics import Metrics
from api.parts import Parts
from api.pressure import Pressure
from api.rooms import Room
from policies.quotas import Quotas
from store.capacity import Marks
from store.catalog import Tenant


def test_a_body_that_stalls_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that stops sending in the middle is told so, and what it holds is let go."""
    monkeypatch.setattr(api.bodies, "STALL_SECONDS", 0.01)
    messages = [{"type": "http.request", "body": b"a", "more_body": True}]

    async def receive() -> Any:
        return messages.pop() if messages else await asyncio.Event().wait()

    async def read() -> list[bytes]:
        return [chunk async for chunk in chunks(Request({"type": "http"}, receive))]

    with pytest.raises(Problem) as caught:
        asyncio.run(read())
    assert caught.value.code == "request_timeout"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"", ("", {})),
        (b"Text/Plain", ("text/plain", {})),
        (b'text/plain; charset="UTF-8"; x', ("text/plain", {"charset": "UTF-8", "x": ""})),
    ],
)
def test_content_types(header: bytes, expected: tuple[str, dict[str, str]]) -> None:
    """Case, quotes and parameters."""
    assert media_type({b"content-type": header}) == expected


def _principal(**quotas: int) -> Principal:
    tenant = Tenant(id="ten_1", name="acme", created_at=datetime.now(UTC))
    return Principal(tenant, "key_1", replace(Quotas(), **quotas), generation=0)


def test_uploads_at_the_same_time_share_the_room() -> None:
    """Ten uploads, each within the quota, can't together fill the disk; what one took is given back at its end."""
    pressure = Pressure(Marks(queued_jobs=0, redis_percent=90, disk_bytes=0), metrics=Metrics())
    parts = cast("Parts", SimpleNamespace(uploading=Counter(), pressure=pressure))
    principal = _principal(storage_bytes=100)
    with Room(parts, principal, used_bytes=20) as first:
        first.take(50)
        second = Room(parts, principal, used_bytes=20)
        with second, pytest.raises(Problem) as caught:
            second.take(31)
        assert caught.value.code == "quota_storage"
        with pytest.raises(Problem):
            second.check_announced(31)
        second.check_announced(30)
    assert parts.uploading == {}
    with Room(parts, principal, used_bytes=20) as third:
        third.take(80)
