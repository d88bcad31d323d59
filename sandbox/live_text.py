"""What a call prints, told while it runs."""

from __future__ import annotations

import codecs
from collections.abc import Callable

from sandbox.log_pipe import LogPipe

BEGIN_SECONDS = 0.1  # a call that is shorter tells what it printed with its answer, and pays nothing
EVERY_SECONDS = 0.1


class LiveText:
    """One call's text, handed on in pieces of whole characters and ``limit_bytes`` in all."""

    def __init__(self, pipe: LogPipe, call_id: str, *, limit_bytes: int, on_printed: Callable[[str], None]) -> None:
        self._pipe = pipe
        self._call_id = call_id
        self._limit_bytes = limit_bytes
        self._on_printed = on_printed
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._told_bytes = 0

    def tell(self, *, final: bool = False) -> None:
        """Hand on what is new. ``final``: nothing more comes, so half a character is told as what it is."""
        if self._told_bytes >= self._limit_bytes and not final:
            return
        data = self._pipe.text(self._call_id)[self._told_bytes : self._limit_bytes]
        self._told_bytes += len(data)
        if text := self._decoder.decode(data, final):
            self._on_printed(text)
