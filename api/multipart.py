"""multipart/form-data (RFC 7578) as a stream of events: nothing is held back and nothing is stored here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from api.errors import Problem

MAX_PARTS = 16
MAX_HEADERS = 8
BOUNDARY_BYTES = 70  # RFC 2046, section 5.1.1


@dataclass(frozen=True, slots=True)
class PartBegins:
    """A part of that name begins."""

    name: str


@dataclass(frozen=True, slots=True)
class PartData:
    """The next bytes of the part that began last."""

    data: bytes


@dataclass(frozen=True, slots=True)
class PartEnds:
    """The part is complete."""


Event = PartBegins | PartData | PartEnds


def boundary_of(content_type: str) -> bytes:
    """The boundary a content type names. Raises not_multipart or invalid_multipart."""
    media, options = parse_options_header(content_type)
    if media != b"multipart/form-data":
        detail = "Send multipart/form-data with the parts name, source, weights and, if you like, config."
        raise Problem("not_multipart", detail)
    boundary = options.get(b"boundary", b"")
    if not 0 < len(boundary) <= BOUNDARY_BYTES:
        raise _malformed("Its Content-Type names no boundary.")
    return boundary


async def events(body: AsyncIterator[bytes], *, boundary: bytes) -> AsyncIterator[Event]:
    """What a body consists of, in order, while it arrives. Raises invalid_multipart."""
    reader = _Reader(boundary)
    async for chunk in body:
        for event in reader.feed(chunk):
            yield event
    reader.finish()


class _Reader:
    """The parser's callbacks, gathered into events."""

    def __init__(self, boundary: bytes) -> None:
        self._events: list[Event] = []
        self._field = bytearray()
        self._value = bytearray()
        self._name: str | None = None
        self._parts = 0
        self._ended = False
        callbacks = {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._field.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._header,
            "on_headers_finished": self._named,
            "on_part_data": lambda data, start, end: self._events.append(PartData(data[start:end])),
            "on_part_end": lambda: self._events.append(PartEnds()),
            "on_end": self._end,
        }
        self._parser = MultipartParser(boundary, callbacks, max_header_count=MAX_HEADERS)  # type: ignore[arg-type]  # its TypedDict can't be written as a display

    def feed(self, chunk: bytes) -> list[Event]:
        """The events in the next piece of the body."""
        try:
            self._parser.write(chunk)
        except FormParserError as exc:
            raise _malformed("Its framing is broken.") from exc
        found, self._events = self._events, []
        return found

    def finish(self) -> None:
        """Refuse a body without its last boundary."""
        if not self._ended:
            raise _malformed("It ends before its last boundary.")

    def _begin(self) -> None:
        self._name = None
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise _malformed(f"It has more than {MAX_PARTS} parts.")

    def _header(self) -> None:
        if bytes(self._field).lower() == b"content-disposition":
            _, options = parse_options_header(bytes(self._value))
            self._name = options.get(b"name", b"").decode("utf-8", "replace")
        self._field.clear()
        self._value.clear()

    def _named(self) -> None:
        if self._name is None:
            raise _malformed("A part has no name.")
        self._events.append(PartBegins(self._name))

    def _end(self) -> None:
        self._ended = True


def _malformed(why: str) -> Problem:
    return Problem("invalid_multipart", f"The body is not well-formed multipart/form-data. {why}")
