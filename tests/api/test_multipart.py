"""The multipart reader gives the same events however the body is cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from api.errors import Problem
from api.multipart import Event, PartBegins, PartData, PartEnds, events


def _parts(body: bytes, cuts: list[int]) -> list[tuple[str, bytes]]:
    async def read() -> list[Event]:
        async def pieces() -> AsyncIterator[bytes]:
            at = 0
            for cut in [*sorted(cuts), len(body)]:
                yield body[at:cut]
                at = max(at, cut)

        return [event async for event in events(pieces(), boundary=b"bound")]

    found: list[tuple[str, bytes]] = []
    open_part = False
    for event in asyncio.run(read()):
        match event:
            case PartBegins(name):
                assert not open_part
                open_part = True
                found.append((name, b""))
            case PartData(data):
                assert open_part
                found[-1] = (found[-1][0], found[-1][1] + data)
            case PartEnds():
                open_part = False
    assert not open_part
    return found


def _body(parts: list[tuple[str, bytes]]) -> bytes:
    lines = b""
    for name, data in parts:
        lines += b'--bound\r\nContent-Disposition: form-data; name="' + name.encode() + b'"\r\n\r\n' + data + b"\r\n"
    return lines + b"--bound--\r\n"


# Bytes that look like a boundary, or nearly.
_data = st.lists(st.sampled_from([b"\r", b"\n", b"-", b"--", b"\r\n--boun", b"\r\n--", b"bound", b"x", b"\0"])).map(
    b"".join
)


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), _data), min_size=1, max_size=4), st.lists(st.integers(0, 300)))
def test_cuts_change_nothing(parts: list[tuple[str, bytes]], cuts: list[int]) -> None:
    """A body in one piece or in many gives the same parts, byte for byte."""
    if any(b"\r\n--bound" in b"\r\n" + data + b"\r\n" for _, data in parts):
        return  # that would be a boundary
    body = _body(parts)
    assert _parts(body, [min(cut, len(body)) for cut in cuts]) == parts


@given(st.binary(max_size=300))
def test_garbage_is_refused(body: bytes) -> None:
    """Whatever comes ends in parts or in a Problem, never in another exception."""
    with suppress(Problem):
        _parts(body, [])
