"""A large part on its way to disk: written in big steps by a thread, gone again unless it is adopted."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from api.threads import Threads

STEP_BYTES = 1024 * 1024  # one thread hop for so many bytes


class Spool:
    """A temporary file. Leaving the ``with`` block removes it, whatever happened."""

    def __init__(self, folder: Path, threads: Threads) -> None:
        self._threads = threads
        handle, name = tempfile.mkstemp(dir=folder, prefix="upload-")
        self._file = os.fdopen(handle, "wb", buffering=0)
        self._pending = bytearray()
        self.path = Path(name)
        self.size = 0

    async def write(self, data: bytes) -> None:
        """Append; most calls only remember the bytes."""
        self.size += len(data)
        self._pending += data
        if len(self._pending) >= STEP_BYTES:
            await self._flush()

    async def finish(self) -> None:
        """Write what is left and close the file."""
        await self._flush()
        self._file.close()

    async def _flush(self) -> None:
        pending, self._pending = self._pending, bytearray()
        if pending:
            await self._threads.call(self._write, pending)

    def _write(self, data: bytearray) -> None:
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self._file.close()
        self.path.unlink(missing_ok=True)
