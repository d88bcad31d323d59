"""The wire between host and runner: u32 header length, u32 body length, JSON header, raw body.

Both lengths are big endian and capped. Pure standard library: both sides import it, and the host
trusts nothing that arrives in this form (see ``sandbox.messages``).

    runner -> host   {"op": "hello", "protocol": 1}                        once, when torch is imported
    host -> runner   {"op": "bind", ...}  + source, weights, log pipe      once, as SCM_RIGHTS descriptors
    runner -> host   {"op": "bound", ...} | {"op": "load_failed", ...}
    host -> runner   {"id", "kind"}  body = the input                      any number ahead
    runner -> host   {"op": "answer", "id", "kind", "out", ...}  body      in the order of the calls
"""

from __future__ import annotations

import json
import socket
import struct
from itertools import accumulate
from json.scanner import make_scanner
from typing import Any

PROTOCOL = 1
PREFIX = struct.Struct("!II")
HEADER_MAX_BYTES = 1 << 20  # traceback, printed text and the lists of a weights mismatch fit
BODY_MAX_BYTES = 1 << 30  # what a length may say at most; the host caps answers by Limits.output_bytes
TRACEBACK_MAX_CHARS = 16_000
MESSAGE_MAX_CHARS = 2_000
NAMES_LISTED = 50  # of weights that don't fit, in each list; a report is read by people
NAME_MAX_CHARS = 200
SHAPE_MAX_SIZES = 64
_RECEIVE_BYTES = 65_536
JSON_MAX_DEPTH = 128  # of an answer: every client's parser goes this deep
NUMBER_MAX_DIGITS = 4_300  # in a row, in an answer: Python's own parser takes no more

_ESCAPED = json.encoder.encode_basestring_ascii
_SCAN = make_scanner(json.JSONDecoder())  # type: ignore[arg-type]  # the stubs have it take itself
_PIECE_BYTES = 1 << 20  # of JSON looked through in one step
_NOT_MARKS = bytes(set(range(256)) - set(b'[]{}"'))
_DIGITS_ALIKE = bytes(48 if byte in b"0123456789" else 0 for byte in range(256))
_STEPS = [1 if byte in b"[{" else -1 if byte in b"]}" else 0 for byte in range(256)]


class WireBroken(Exception):
    """The peer closed the connection or spoke something else."""


def encode(header: dict[str, Any], body_length: int = 0) -> bytes:
    """Prefix and header; the body follows as it is, so that big ones are never copied."""
    data = json.dumps(header, separators=(",", ":")).encode()
    return PREFIX.pack(len(data), body_length) + data


def answered(call_id: str, out: str, body_length: int) -> bytes:
    """``encode`` of an answer that succeeded and printed nothing: most of them, so it is not left to ``json``."""
    data = b'{"op":"answer","id":%s,"kind":"succeeded","out":"%s"}' % (_ESCAPED(call_id).encode(), out.encode())
    return PREFIX.pack(len(data), body_length) + data


def parse(data: bytes) -> Any:
    """``json.loads``, at a third of its cost where nothing surrounds the value."""
    try:
        text = data.decode()
        value, end = _SCAN(text, 0)
    except (StopIteration, UnicodeDecodeError):  # space in front, another encoding, or no JSON at all
        return json.loads(data)
    return value if end == len(text) else json.loads(data)


def too_deep(text: bytes) -> bool:
    """True when JSON ``text`` is nested deeper than JSON_MAX_DEPTH. Linear in its size, no recursion.

    Goes through it in pieces, so that no single step holds up the other threads of a worker for long, whatever
    the text: 64 MiB of strings of one letter took a regular expression eight seconds.
    """
    if text.count(b"[") + text.count(b"{") <= JSON_MAX_DEPTH:
        return False
    depth, quoted, at = 0, False, 0
    while at < len(text):
        end = _after_escapes(text, at, at + _PIECE_BYTES)
        # Escapes first: what is left of them has neither quote nor bracket that counts.
        marks = text[at:end].replace(b"\\\\", b"").replace(b'\\"', b"").translate(None, _NOT_MARKS)
        marks = (b'"' + marks if quoted else marks).replace(b'""', b"")
        quoted = marks.count(b'"') % 2 == 1
        outside = b"".join(marks.split(b'"')[::2])  # every other part is inside quotes
        depths = list(accumulate(map(_STEPS.__getitem__, outside), initial=depth))
        if max(depths) > JSON_MAX_DEPTH:
            return True
        depth, at = depths[-1], end
    return False


def number_too_long(text: bytes) -> bool:
    """True when a number in JSON ``text`` has more than NUMBER_MAX_DIGITS digits in a row. Linear in its size."""
    if len(text) <= NUMBER_MAX_DIGITS:
        return False
    alike, row = text.translate(_DIGITS_ALIKE), b"0" * (NUMBER_MAX_DIGITS + 1)
    at, quoted = 0, False
    while (found := alike.find(row, at)) >= 0:
        before = text[at:found].replace(b"\\\\", b"").replace(b'\\"', b"")
        quoted ^= before.count(b'"') % 2 == 1
        if not quoted:
            return True
        at = alike.find(0, found)  # inside a string: on behind its digits
    return False


def _after_escapes(text: bytes, at: int, end: int) -> int:
    """``end``, or the byte after it where it would cut an escape in two. At ``at`` none is cut."""
    piece = text[at:end]
    return end + (len(piece) - len(piece.rstrip(b"\\"))) % 2


class Reader:
    """Reads frames off a blocking socket with few system calls: what arrived too early is kept."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._buffer = bytearray()

    def frame(self) -> tuple[dict[str, Any], bytes]:
        """The next frame. Raises WireBroken at the end of the stream."""
        if not self._buffer and (frame := self._whole(self._sock.recv(_RECEIVE_BYTES))):
            return frame
        self._fill(PREFIX.size)
        header_length, body_length = PREFIX.unpack_from(self._buffer)
        if header_length > HEADER_MAX_BYTES or body_length > BODY_MAX_BYTES:
            raise WireBroken("a frame is larger than any side sends")
        end = PREFIX.size + header_length
        self._fill(end + body_length)
        view = memoryview(self._buffer)
        header = parse(bytes(view[PREFIX.size : end]))
        body = bytes(view[end : end + body_length])
        view.release()
        del self._buffer[: end + body_length]
        return header, body

    def _whole(self, chunk: bytes) -> tuple[dict[str, Any], bytes] | None:
        """The usual case, without a copy more than needed: one receive, exactly one frame."""
        if len(chunk) >= PREFIX.size:
            header_length, body_length = PREFIX.unpack_from(chunk)
            end = PREFIX.size + header_length
            if len(chunk) == end + body_length:
                return parse(chunk[PREFIX.size : end]), chunk[end:]
        if not chunk:
            raise WireBroken("the host closed the connection")
        self._buffer += chunk
        return None

    def _fill(self, length: int) -> None:
        while len(self._buffer) < length:
            chunk = self._sock.recv(max(_RECEIVE_BYTES, min(length - len(self._buffer), 1 << 20)))
            if not chunk:
                raise WireBroken("the host closed the connection")
            self._buffer += chunk
