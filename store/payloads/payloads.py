"""The blob store's other space: bytes under a name of our choice, written whole, read in pieces, deleted in time."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.store import ObjectStore

from store.blobs import CHUNK_BYTES, Blobs, disk, remote_errors, sync
from store.errors import BlobUnknown, PayloadUnknown
from store.payloads.names import NAME

if TYPE_CHECKING:
    from obstore import GetOptions  # there for type checkers only

FOLDER = "payloads"


@dataclass(frozen=True, slots=True)
class Found:
    """A payload that is there, and since when (seconds since 1970 by the store's clock)."""

    name: str
    born: float


class Payloads:
    """Payloads beside the blobs: in a folder of the same folder, or under a prefix in the same object store.

    Not addressed by content, not cached: each belongs to one job and is read about once. A payload is never
    changed, so that reading one while it is written again under the same name gives the one or the other whole.
    Threads and processes may share it. Every method may raise BlobsUnavailable and DiskFull.
    """

    def __init__(self, blobs: Blobs) -> None:
        self._folder = blobs.folder / FOLDER
        self._temp_dir = blobs.temp_dir
        self._remote: ObjectStore | None = blobs.remote

    def write(self, name: str, content: bytes | bytearray) -> None:
        """Store bytes that are in memory; durable on return."""
        if self._remote is not None:
            with _named(name):
                obstore.put(self._remote, _key(name), bytes(content))
            return
        with disk(self._folder):
            handle, temp = tempfile.mkstemp(dir=self._temp_dir, prefix="payload-")
            path = Path(temp)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                self._keep(name, path)
            finally:
                path.unlink(missing_ok=True)

    def adopt(self, name: str, path: Path) -> None:
        """Take over a finished file of the blobs' ``temp_dir``; durable on return, and the path is gone."""
        if self._remote is not None:
            with _named(name):
                obstore.put(self._remote, _key(name), path)
            path.unlink(missing_ok=True)
            return
        with disk(self._folder):
            self._keep(name, path)

    def read(self, name: str) -> bytes:
        """The whole payload. Raises PayloadUnknown."""
        if self._remote is not None:
            with _named(name):
                return bytes(obstore.get(self._remote, _key(name)).bytes())
        with disk(self._folder), _named(name):
            return self._place(name).read_bytes()

    def chunks(self, name: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from ``start`` up to ``end``, in pieces. Raises PayloadUnknown with the first one."""
        if self._remote is not None:
            yield from self._remote_chunks(name, start, end)
            return
        with disk(self._folder), _named(name), self._place(name).open("rb") as file:
            file.seek(start)
            left = (os.fstat(file.fileno()).st_size if end is None else end) - start
            while left > 0 and (piece := file.read(min(CHUNK_BYTES, left))):
                left -= len(piece)
                yield piece

    def delete(self, name: str) -> bool:
        """Remove it; True if it was there. Whoever reads it reads on."""
        if self._remote is not None:
            there = self.exists(name)
            with _named(name, missing_ok=True):
                obstore.delete(self._remote, _key(name))
            return there
        with disk(self._folder):
            try:
                self._place(name).unlink()
            except FileNotFoundError:
                return False
            return True

    def exists(self, name: str) -> bool:
        """Whether it is there."""
        if self._remote is None:
            return self._place(name).is_file()
        try:
            with _named(name):
                obstore.head(self._remote, _key(name))
        except PayloadUnknown:
            return False
        return True

    def list(self) -> Iterator[Found]:
        """Every payload, in no order."""
        if self._remote is None:
            yield from self._local_list()
            return
        with _named(FOLDER):
            for batch in obstore.list(self._remote, prefix=FOLDER):
                for entry in batch:
                    yield Found(str(entry["path"]).rpartition("/")[2], entry["last_modified"].timestamp())

    def _local_list(self) -> Iterator[Found]:
        with disk(self._folder):
            for path in self._folder.glob("??/*"):
                with suppress(FileNotFoundError):  # deleted while we were looking
                    yield Found(path.name, path.stat().st_mtime)

    def _remote_chunks(self, name: str, start: int, end: int | None) -> Iterator[bytes]:
        assert self._remote is not None
        with _named(name):
            options: GetOptions = {"range": {"offset": start} if end is None else (start, end)}
            for piece in obstore.get(self._remote, _key(name), options=options).stream(min_chunk_size=CHUNK_BYTES):
                yield bytes(piece)

    def _place(self, name: str) -> Path:
        return self._folder.parent / _key(name)

    def _keep(self, name: str, path: Path) -> None:
        place = self._place(name)
        if not place.parent.is_dir():
            place.parent.mkdir(parents=True, exist_ok=True)
            sync(self._folder)
        path.chmod(0o444)
        sync(path)
        path.replace(place)
        sync(place.parent)


def _key(name: str) -> str:
    """Where it lies: spread over a thousand folders by the end of its owner's id, which is random."""
    found = NAME.fullmatch(name)
    if found is None:  # never let a name that is not ours become a path
        raise PayloadUnknown(name)
    return f"{FOLDER}/{found['owner'][-2:]}/{name}"


@contextmanager
def _named(name: str, *, missing_ok: bool = False) -> Iterator[None]:
    """Whatever says that something isn't there, in our words."""
    try:
        with remote_errors(name):
            yield
    except (BlobUnknown, FileNotFoundError) as exc:
        if not missing_ok:
            raise PayloadUnknown(name) from exc
