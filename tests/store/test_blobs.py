"""Blobs in a folder, and in an object store behind a cache."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import obstore
import pytest
from obstore.store import LocalStore, MemoryStore

from store.blobs import Blobs
from store.errors import BlobCorrupt, BlobsUnavailable, BlobUnknown

HELLO = hashlib.sha256(b"hello").hexdigest()


@pytest.fixture(params=["folder", "memory", "local store"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    """Empty storage of each kind. The object stores are reached through the code that serves S3."""
    if request.param == "folder":
        return Blobs.open(f"file://{tmp_path}/blobs", tmp_path / "unused")
    if request.param == "memory":
        return Blobs.open("memory:///", tmp_path / "cache")
    remote = LocalStore(tmp_path / "bucket", mkdir=True)
    blobs = Blobs(tmp_path / "cache", remote=remote)
    blobs.temp_dir.mkdir(parents=True)
    return blobs


@pytest.fixture
def folder_blobs(tmp_path: Path) -> Blobs:
    """Empty storage in a folder."""
    return Blobs.open(f"file://{tmp_path}/blobs", tmp_path / "unused")


def _upload(blobs: Blobs, content: bytes, name: str = "upload") -> Path:
    path = blobs.temp_dir / name
    path.write_bytes(content)
    return path


def test_an_adopted_file_becomes_a_blob(blobs: Blobs) -> None:
    """The file is taken from the temporary folder, named by its hash, and can no longer be written."""
    upload = _upload(blobs, b"hello")
    assert blobs.adopt(upload) == (HELLO, 5)
    path = blobs.path(HELLO)
    assert stat.S_IMODE(path.stat().st_mode) == 0o444
    assert path.read_bytes() == blobs.read(HELLO) == b"hello"
    assert not list(blobs.temp_dir.iterdir())
    assert list(blobs.list()) == [HELLO]


def test_the_same_bytes_are_stored_once(blobs: Blobs) -> None:
    """Adopting again keeps the first file, which somebody may have mapped."""
    blobs.put(b"hello")
    inode = blobs.path(HELLO).stat().st_ino
    assert blobs.adopt(_upload(blobs, b"hello")) == (HELLO, 5)
    assert blobs.put(b"hello") == HELLO
    assert blobs.path(HELLO).stat().st_ino == inode


def test_adopting_at_once_is_harmless(blobs: Blobs) -> None:
    """Sixteen uploads of the same bytes at the same time all get the same blob."""
    uploads = [_upload(blobs, b"hello" * 100_000, name=str(number)) for number in range(16)]
    with ThreadPoolExecutor(16) as threads:
        assert len(set(threads.map(blobs.adopt, uploads))) == 1
    assert not list(blobs.temp_dir.iterdir())
    blobs.verify(next(iter(blobs.list())))


@pytest.mark.parametrize("name", [HELLO, "", "../../etc/passwd", "a", HELLO.upper(), HELLO + "\n", "é" * 64])
def test_what_is_not_stored_is_unknown(blobs: Blobs, name: str) -> None:
    """A missing blob and a name that is no hash end alike, and no path is made of the latter."""
    assert not blobs.exists(name)
    for ask in (blobs.path, blobs.read, blobs.verify):
        with pytest.raises(BlobUnknown):
            ask(name)


def test_a_deleted_blob_is_gone_but_not_for_who_has_it_open(blobs: Blobs) -> None:
    """Deleting removes the cached copy too, is idempotent, and doesn't disturb an open file."""
    blobs.put(b"hello")
    with blobs.path(HELLO).open("rb") as opened:
        assert blobs.delete(HELLO)
        assert not blobs.delete(HELLO)
        assert opened.read() == b"hello"
    assert not blobs.exists(HELLO)
    with pytest.raises(BlobUnknown):
        blobs.path(HELLO)


def test_a_young_blob_is_not_swept(blobs: Blobs) -> None:
    """What was adopted, or adopted again, within the idle time stays: an upload may be about to name it."""
    blobs.put(b"hello")
    assert not blobs.delete(HELLO, idle_seconds=3600)
    assert blobs.exists(HELLO)


def test_adopting_again_makes_a_blob_young(folder_blobs: Blobs) -> None:
    """An old blob that an upload brings again is protected like a new one."""
    folder_blobs.put(b"hello")
    os.utime(folder_blobs.path(HELLO), (0, 0))
    folder_blobs.adopt(_upload(folder_blobs, b"hello"))
    assert not folder_blobs.delete(HELLO, idle_seconds=3600)
    os.utime(folder_blobs.path(HELLO), (0, 0))
    assert folder_blobs.delete(HELLO, idle_seconds=3600)


def test_a_damaged_blob_is_noticed(folder_blobs: Blobs) -> None:
    """Reading and verifying compare the hash; path compares the size when it is told one."""
    folder_blobs.put(b"hello")
    path = folder_blobs.path(HELLO, size_bytes=5)
    path.chmod(0o644)
    path.write_bytes(b"hellO")
    for ask in (folder_blobs.read, folder_blobs.verify):
        with pytest.raises(BlobCorrupt):
            ask(HELLO)
    path.write_bytes(b"hell")
    with pytest.raises(BlobCorrupt) as caught:
        folder_blobs.path(HELLO, size_bytes=5)
    assert caught.value.code == "blob_corrupt"


def test_uploading_again_repairs_a_truncated_blob(folder_blobs: Blobs) -> None:
    """A blob whose size is wrong is replaced by the good bytes."""
    folder_blobs.put(b"hello")
    path = folder_blobs.path(HELLO)
    path.chmod(0o644)
    path.write_bytes(b"")
    folder_blobs.put(b"hello")
    assert folder_blobs.read(HELLO) == b"hello"


def test_a_second_machine_fetches_what_the_first_stored(tmp_path: Path) -> None:
    """Two caches on one object store: what one adopts the other downloads, verified and read-only."""
    bucket = MemoryStore()
    first, second = (Blobs(tmp_path / name, remote=bucket) for name in ("first", "second"))
    for blobs in (first, second):
        blobs.temp_dir.mkdir(parents=True)
    sha256 = first.put(b"weights" * 1_000_000)
    path = second.path(sha256, size_bytes=7_000_000)
    assert path.is_relative_to(tmp_path / "second")
    assert path.read_bytes() == b"weights" * 1_000_000
    assert stat.S_IMODE(path.stat().st_mode) == 0o444
    assert not list(second.temp_dir.iterdir())


def test_a_truncated_cached_copy_is_fetched_again(tmp_path: Path) -> None:
    """With the size known, a broken cache entry heals itself from the object store."""
    blobs = Blobs.open("memory:///", tmp_path / "cache")
    blobs.put(b"hello")
    blobs.path(HELLO).chmod(0o644)
    blobs.path(HELLO).write_bytes(b"hel")
    assert blobs.path(HELLO, size_bytes=5).read_bytes() == b"hello"


def test_what_the_object_store_gives_is_verified(tmp_path: Path) -> None:
    """Bytes that don't match their name never enter the cache."""
    bucket = MemoryStore()
    blobs = Blobs(tmp_path / "cache", remote=bucket)
    blobs.temp_dir.mkdir(parents=True)
    obstore.put(bucket, f"{HELLO[:2]}/{HELLO}", b"something else")
    with pytest.raises(BlobCorrupt):
        blobs.path(HELLO)
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file() and path.name != ".lock"]


@pytest.mark.parametrize("url", ["nonsense://x/y", "s3:///", "s3", "relative/folder", ""])
def test_a_url_of_no_known_store_is_refused(tmp_path: Path, url: str) -> None:
    """A scheme nobody knows is an error in our words, at once."""
    with pytest.raises(BlobsUnavailable) as caught:
        Blobs.open(url, tmp_path / "cache")
    assert caught.value.code == "blobs_unavailable"


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    """A file in the way of the blobs' folder is an error in our words."""
    (tmp_path / "blobs").write_text("in the way")
    with pytest.raises(BlobsUnavailable):
        Blobs.open(f"file://{tmp_path}/blobs", tmp_path / "unused")


PUT_WITHOUT_ROOM = """
import resource, sys
from pathlib import Path
from store.blobs import Blobs
from store.errors import DiskFull
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
blobs = Blobs.open(sys.argv[1], Path(sys.argv[1]))
try:
    blobs.put(b"x" * 200_000)
except DiskFull as exc:
    print(exc.code)
"""


def test_no_room_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    """A write that the system refuses for want of room is disk_full, and no half of it stays."""
    command = [sys.executable, "-c", PUT_WITHOUT_ROOM, f"file://{tmp_path}/blobs"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("disk_full\n", "")
    assert not [path for path in (tmp_path / "blobs").rglob("*") if path.is_file() and path.name != ".lock"]
