"""A job's life as it happens: server-sent events, over connections that may break."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, cast

import httpx

from cloche._errors import ApiError
from cloche._transport import Request, Transport

Kind = Literal["status", "log", "result"]

# The engine says something at least every 15 seconds; twice nothing is a dead connection.
SILENCE_SECONDS = 40.0


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a job.

    ``kind`` is "status" (``data``: id, status, attempt, at), "log" (attempt, text: a piece of what the model
    printed) or "result" (the job), which is the last.
    """

    kind: Kind
    data: dict[str, Any]
    id: str


def events(transport: Transport, path: str) -> Iterator[Event]:
    """Every event up to the result, each once. A connection that breaks is made again from where it was."""
    last_id, tries = "", transport.tries()
    while True:
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last_id} if last_id else {})
        request = Request("GET", path, headers=headers, read_seconds=SILENCE_SECONDS)
        failure: ApiError | httpx.TransportError
        try:
            with transport.open(request) as response:
                for event in parse(response.iter_bytes()):
                    last_id, tries = event.id, transport.tries()
                    yield event
                    if event.kind == "result":
                        return
            if response.status_code == 204:
                return
            failure = httpx.RemoteProtocolError("the engine ended the stream")
        except (ApiError, httpx.TransportError) as exc:
            failure = exc
        transport.pause(failure, tries)


def parse(pieces: Iterable[bytes]) -> Iterator[Event]:
    """The events in a stream's bytes; comments and what is no event of ours are skipped.

    https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
    """
    kind, last_id, data = "", "", []
    for line in _lines(pieces):
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            data.append(value)
        elif name == b"event":
            kind = value.decode()
        elif name == b"id":
            last_id = value.decode()
        elif not line:
            if data and kind in ("status", "log", "result"):
                yield Event(cast("Kind", kind), json.loads(b"\n".join(data)), last_id)
            kind, data = "", []


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Lines as they are complete. Not str.splitlines: JSON may hold what that takes for a line's end."""
    buffer = bytearray()
    for piece in pieces:
        at = len(buffer)
        buffer += piece
        while (end := buffer.find(b"\n", at)) >= 0:
            yield bytes(buffer[:end]).removesuffix(b"\r")
            del buffer[: end + 1]
            at = 0
