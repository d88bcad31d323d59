"""Blobs: bytes under the SHA-256 of themselves, in a local folder or in an object store behind one.

A blob is written once and never changed, so whoever has opened one may map it for as long as it likes.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import cast
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import ObjectStore, from_url

from store.errors import BlobCorrupt, BlobsUnavailable, BlobUnknown, DiskFull

CHUNK_BYTES = 1024 * 1024
REMOTE_RETRIES = 3
REMOTE_RETRY_SECONDS = 20
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})  # the disk, the disk quota, `ulimit -f`
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Blobs:
    """Content-addressed storage. Threads and processes may share the folders.

    ``folder`` holds the blobs themselves, or with ``remote`` a cache of them: whatever enters it has
    been hashed on the way. Every method may raise BlobsUnavailable and DiskFull.
    """

    def __init__(self, folder: Path, *, remote: ObjectStore | None = None) -> None:
        self.folder = folder
        self.temp_dir = folder / "tmp"
        self._remote = remote

    @classmethod
    def open(cls, url: str, cache_dir: Path) -> Blobs:
        """``file:///folder``, or any URL obstore takes (s3://, gs://, az:// ...), cached in ``cache_dir``.

        Credentials of an object store come from the environment variables its own tools use.
        """
        parts = urlsplit(url)
        if parts.scheme in ("", "file") and parts.path.startswith("/"):
            blobs = cls(Path(unquote(parts.path)))
        else:
            blobs = cls(cache_dir, remote=_remote(url, scheme=parts.scheme))
        with disk(blobs.folder):
            blobs.temp_dir.mkdir(parents=True, exist_ok=True)
        return blobs

    @property
    def remote(self) -> ObjectStore | None:
        """The object store behind it; None where the folder is all there is."""
        return self._remote

    def adopt(self, path: Path) -> tuple[str, int]:
        """Take over a finished file of ``temp_dir``: its hash and its size. The path is gone afterwards.

        On return the blob is durable (synced to disk, or acknowledged by the object store) and read-only.
        Adopting the same bytes again is cheap and keeps the first copy.
        """
        with disk(self.folder):
            size = path.stat().st_size
            sha256 = _hash_file(path)
            if self._remote is not None:
                self._upload(sha256, path)
            self._keep(sha256, path, size=size)
        return sha256, size

    def put(self, content: bytes) -> str:
        """Store bytes that are in memory already; their hash."""
        with disk(self.folder):
            path = self._temp()
            try:
                path.write_bytes(content)
                return self.adopt(path)[0]
            finally:
                path.unlink(missing_ok=True)

    def path(self, sha256: str, *, size_bytes: int | None = None) -> Path:
        """A local file with the blob, read-only; fetched and verified first where it lives elsewhere.

        A file that is here already is not hashed again, but with ``size_bytes`` its size is compared.
        Raises BlobUnknown, BlobCorrupt.
        """
        path = self._place(sha256)
        with disk(self.folder):
            found = _size(path)
            if found is None or (self._remote is not None and size_bytes not in (None, found)):
                self._fetch(sha256)
                found = _size(path)
        if size_bytes is not None and found != size_bytes:
            raise BlobCorrupt(sha256, detail=f"{found} bytes instead of {size_bytes}")
        return path

    def read(self, sha256: str) -> bytes:
        """The whole blob, verified. For small ones. Raises BlobUnknown, BlobCorrupt."""
        with disk(self.folder):
            content = self.path(sha256).read_bytes()
        if hashlib.sha256(content).hexdigest() != sha256:
            raise BlobCorrupt(sha256, detail="its hash is another")
        return content

    def verify(self, sha256: str) -> None:
        """Read the local copy in full. Raises BlobUnknown, BlobCorrupt."""
        path = self.path(sha256)
        with disk(self.folder):
            if _hash_file(path) != sha256:
                raise BlobCorrupt(sha256, detail="its hash is another")

    def exists(self, sha256: str) -> bool:
        """True when the blob is stored (not merely cached). False for what is no hash."""
        if not _SHA256.fullmatch(sha256):
            return False
        if self._remote is None:
            return self._place(sha256).is_file()
        try:
            with remote_errors(sha256):
                obstore.head(self._remote, _key(sha256))
        except BlobUnknown:
            return False
        return True

    def delete(self, sha256: str, *, idle_seconds: float = 0.0) -> bool:
        """Remove the blob and its cached copy; True if it was there. Whoever has it open keeps it.

        With ``idle_seconds``, one that was adopted more recently stays: an upload adopts its blobs a
        moment before the catalogue knows of them.
        """
        path = self._place(sha256)
        with disk(self.folder), self._locked(fcntl.LOCK_EX):
            born = _born(path) if self._remote is None else self._remote_born(sha256)
            if born is None or time.time() - born < idle_seconds:
                return False
            if self._remote is not None:
                with remote_errors(sha256):
                    obstore.delete(self._remote, _key(sha256))
            path.unlink(missing_ok=True)
            return True

    def list(self) -> Iterator[str]:
        """The hash of every stored blob, in no order."""
        if self._remote is None:
            yield from (path.name for path in self.folder.glob("??/*") if _SHA256.fullmatch(path.name))
            return
        with remote_errors(""):
            for batch in obstore.list(self._remote):
                names = (str(entry["path"]).rpartition("/")[2] for entry in batch)
                yield from (name for name in names if _SHA256.fullmatch(name))

    def check_writable(self) -> None:
        """Store, read and delete a probe. Raises BlobsUnavailable, DiskFull, BlobCorrupt."""
        sha256 = self.put(b"cloche probe " + os.urandom(16))
        self.read(sha256)
        self.delete(sha256)

    def _place(self, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):  # never let a name that is no hash become a path
            raise BlobUnknown(sha256)
        return self.folder / sha256[:2] / sha256

    def _temp(self) -> Path:
        handle, name = tempfile.mkstemp(dir=self.temp_dir)
        os.close(handle)
        return Path(name)

    def _keep(self, sha256: str, temp: Path, *, size: int) -> None:
        """Move a hashed file into its place, durably, unless the same blob is there already."""
        place = self._place(sha256)
        place.parent.mkdir(exist_ok=True)
        with self._locked(fcntl.LOCK_SH):
            if _size(place) == size:
                os.utime(place)  # young again: a sweep that holds it for unused leaves it alone
                temp.unlink()
                return
            temp.chmod(0o444)
            sync(temp)
            temp.replace(place)
            sync(place.parent)
            sync(self.folder)

    def _upload(self, sha256: str, path: Path) -> None:
        assert self._remote is not None
        with remote_errors(sha256):
            obstore.put(self._remote, _key(sha256), path)  # the same bytes again only make it young again

    def _fetch(self, sha256: str) -> None:
        if self._remote is None:
            raise BlobUnknown(sha256)
        temp = self._temp()
        try:
            size = self._download(sha256, temp)
            self._place(sha256).unlink(missing_ok=True)
            self._keep(sha256, temp, size=size)
        finally:
            temp.unlink(missing_ok=True)

    def _download(self, sha256: str, temp: Path) -> int:
        assert self._remote is not None
        digest = hashlib.sha256()
        with remote_errors(sha256), temp.open("wb") as file:
            for chunk in obstore.get(self._remote, _key(sha256)).stream(min_chunk_size=CHUNK_BYTES):
                digest.update(chunk)
                file.write(chunk)
            size = file.tell()
        if digest.hexdigest() != sha256:
            raise BlobCorrupt(sha256, detail="the object store gave other bytes")
        return size

    def _remote_born(self, sha256: str) -> float | None:
        assert self._remote is not None
        try:
            with remote_errors(sha256):
                return obstore.head(self._remote, _key(sha256))["last_modified"].timestamp()
        except BlobUnknown:
            return None

    @contextmanager
    def _locked(self, kind: int) -> Iterator[None]:
        """Adopting shares the lock, deleting holds it alone: what was just adopted is never swept away."""
        with (self.folder / ".lock").open("ab") as lock:
            fcntl.flock(lock, kind)
            yield


@contextmanager
def disk(folder: Path) -> Iterator[None]:
    """What the disk says, in our words."""
    try:
        yield
    except OSError as exc:
        if exc.errno in _NO_ROOM:
            raise DiskFull(str(folder)) from exc
        raise BlobsUnavailable(str(exc)) from exc


@contextmanager
def remote_errors(sha256: str) -> Iterator[None]:
    """What the object store says, in our words."""
    try:
        yield
    except (NotFoundError, FileNotFoundError) as exc:
        raise BlobUnknown(sha256) from exc
    except BaseError as exc:
        raise BlobsUnavailable(next(iter(str(exc).splitlines()), type(exc).__name__)) from exc


def _remote(url: str, *, scheme: str) -> ObjectStore:
    try:
        if scheme == "memory":
            return from_url(url)
        retry = {"max_retries": REMOTE_RETRIES, "retry_timeout": timedelta(seconds=REMOTE_RETRY_SECONDS)}
        return cast("ObjectStore", from_url(url, retry_config=retry))  # type: ignore[call-overload]  # the overloads are per scheme
    except (BaseError, ValueError) as exc:  # obstore lets some of its URL errors out as ValueError
        raise BlobsUnavailable(f"{scheme or url}: {str(exc).splitlines()[0]}") from exc


def _key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"


def _hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _size(path: Path) -> int | None:
    with suppress(FileNotFoundError):
        return path.stat().st_size
    return None


def _born(path: Path) -> float | None:
    with suppress(FileNotFoundError):
        return path.stat().st_mtime
    return None


def sync(path: Path) -> None:
    """Flush a file or a folder's entries to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
