"""An upload as a multipart request that streams its files."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from cloche._inputs import to_json
from cloche._transport import Request

# The engine hashes and keeps what arrived before it answers.
ANSWER_SECONDS = 300.0

# Called with the number of bytes that went out since the last call; negative when an attempt starts over.
OnBytes = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Upload:
    """What becomes a version: a name, a source file, a .safetensors file, and what else to tell."""

    name: str
    source: Path
    weights: Path
    config: Mapping[str, Any] = field(default_factory=dict)


class _Counted:
    """A file that tells how much of it was read. httpx needs read, seek and fileno of it."""

    def __init__(self, file: BinaryIO, on_bytes: OnBytes) -> None:
        self._file = file
        self._on_bytes = on_bytes
        self._told = 0

    def read(self, size: int = -1) -> bytes:
        chunk = self._file.read(size)
        self._told += len(chunk)
        self._on_bytes(len(chunk))
        return chunk

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._on_bytes(-self._told)
        self._told = 0
        return self._file.seek(offset, whence)

    def fileno(self) -> int:
        return self._file.fileno()


class UploadRequest:
    """Opens the files for as long as the request may be sent; a context manager."""

    def __init__(self, upload: Upload, *, on_bytes: OnBytes) -> None:
        self._upload = upload
        self._on_bytes = on_bytes
        self._files = ExitStack()

    def __enter__(self) -> Request:
        source = self._upload.source.read_bytes()
        file = self._files.enter_context(self._upload.weights.open("rb"))
        weights = _Counted(file, self._on_bytes)  # one for all attempts, so that it knows what to take back
        data = {"name": self._upload.name}
        if self._upload.config:
            data["config"] = to_json(dict(self._upload.config)).decode()

        def files() -> dict[str, Any]:
            return {
                "source": (self._upload.source.name, source, "text/x-python"),
                "weights": ("weights.safetensors", weights, "application/octet-stream"),
            }

        # Sent twice it would make two versions, so only what surely never arrived is sent again.
        return Request("POST", "/v1/models", repeatable=False, data=data, files=files, read_seconds=ANSWER_SECONDS)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._files.close()
