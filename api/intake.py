"""Large inputs: from the request to a file, from there to the blob store; in memory only while JSON is checked."""

from __future__ import annotations

import codecs
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from starlette.requests import Request

from api.bodies import Limit, chunks, content_length, is_json, media_type
from api.orders import Order, fingerprint, not_utf8, read_order
from api.parts import Parts
from api.spool import STEP_BYTES, Spool
from store.payloads import input_name


@dataclass(frozen=True, slots=True)
class Taken:
    """An order that has arrived. Where it is large, its payload is in the file, not in memory."""

    order: Order
    fingerprint: str
    stored_bytes: int | None = None


def perhaps_large(headers: Mapping[bytes, bytes], *, inline_bytes: int) -> bool:
    """Whether the body is longer than what goes to Redis, or doesn't say how long it is."""
    announced = content_length(headers)
    return announced is None or announced > inline_bytes


class Intake:
    """One request whose body may be large. Leaving the ``with`` block removes its file, whatever happened."""

    def __init__(self, parts: Parts, request: Request, headers: Mapping[bytes, bytes], *, name: str, key: bool) -> None:
        self._parts = parts
        self._request = request
        self._headers = headers
        self._name = name
        self._key = key  # whether the fingerprint is asked for
        self._spool: Spool | None = None
        self._stored_as = ""

    async def take(self, limit: Limit) -> Taken | None:
        """The order, or None as soon as the body is longer than the limit. Raises a Problem as read_order does."""
        body = await self._receive(limit)
        if body is None:
            return None
        if self._spool is None:
            return self._small(body)
        await self._spool.finish()
        if not is_json(media_type(self._headers)[0]):
            return await self._parts.threads.call(self._raw, self._spool.path)
        async with self._parts.large_json:  # each is in memory once or twice while it is checked
            return await self._parts.threads.call(self._json, self._spool.path)

    async def store(self, job_id: str) -> None:
        """Put a large input into the blob store, durably, before its job is admitted. A second time does nothing."""
        if self._spool is None or self._stored_as:
            return
        name = input_name(job_id)
        await self._parts.threads.call(self._parts.payloads.adopt, name, self._spool.path)
        self._stored_as = name

    async def discard(self) -> None:
        """The job was not admitted: take the input back."""
        if self._stored_as:
            await self._parts.threads.call(self._parts.payloads.delete, self._stored_as)

    async def _receive(self, limit: Limit) -> bytes | None:
        """The body: returned while it is small, else in the spool; None when it is over the limit."""
        announced = content_length(self._headers)
        if announced is not None and announced > limit.bytes and announced > await limit.ask():
            return None
        small, size = bytearray(), 0
        async for piece in chunks(self._request):
            size += len(piece)
            if size > limit.bytes and size > await limit.ask():
                return None
            if self._spool is None and size > self._parts.inline_bytes:
                self._spool = Spool(self._parts.blobs.temp_dir, self._parts.threads)
                await self._spool.write(bytes(small))
            if self._spool is None:
                small += piece
            else:
                await self._spool.write(piece)
        return bytes(small)

    def _small(self, body: bytes) -> Taken:
        order = self._read(body)
        return Taken(order, fingerprint(self._name, order) if self._key else "")

    def _raw(self, path: Path) -> Taken:
        """A raw input stays where it is; text is looked through in pieces."""
        order = self._read(b"")
        if order.kind == "text":
            _check_text(path)
        digest = fingerprint(self._name, order, path) if self._key else ""
        return Taken(order, digest, path.stat().st_size)

    def _json(self, path: Path) -> Taken:
        """JSON is checked whole; what is kept of it is the input, in the same file."""
        order = self._read(path.read_bytes())
        digest = fingerprint(self._name, order) if self._key else ""
        if len(order.payload) <= self._parts.inline_bytes:
            self._forget_spool()
            return Taken(order, digest)
        path.write_bytes(order.payload)
        return Taken(replace(order, payload=b""), digest, len(order.payload))

    def _read(self, body: bytes) -> Order:
        return read_order(self._headers, self._request.scope["query_string"], body)

    def _forget_spool(self) -> None:
        spool, self._spool = self._spool, None
        if spool is not None:
            spool.__exit__(None, None, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self._forget_spool()


def _check_text(path: Path) -> None:
    """Raises the Problem that read_order has for text that isn't UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    done = 0
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        while True:
            piece = file.read(STEP_BYTES)
            held = len(decoder.getstate()[0])
            try:
                decoder.decode(piece, final=done + len(piece) >= size)
            except UnicodeDecodeError as exc:
                raise not_utf8(done - held + exc.start) from exc
            done += len(piece)
            if not piece:
                return
