"""Payloads in a folder, and in an object store; and getting rid of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import redis
from obstore.store import LocalStore

from store.blobs import CHUNK_BYTES, Blobs
from store.errors import BlobsUnavailable, PayloadUnknown
from store.payloads import Doomed, Payloads, Stored, input_name, mark, output_name, read_mark
from store.payloads.sweep import sweep

JOB = "job_" + "0" * 26
OTHER = "job_" + "1" * 26
NAME = input_name(JOB)


@pytest.fixture(params=["folder", "memory", "local store"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    """Empty storage of each kind. The object stores are reached through the code that serves S3."""
    if request.param == "folder":
        return Blobs.open(f"file://{tmp_path}/blobs", tmp_path / "unused")
    if request.param == "memory":
        return Blobs.open("memory:///", tmp_path / "cache")
    blobs = Blobs(tmp_path / "cache", remote=LocalStore(tmp_path / "bucket", mkdir=True))
    blobs.temp_dir.mkdir(parents=True)
    return blobs


@pytest.fixture
def payloads(blobs: Blobs) -> Payloads:
    """The other space of the same storage."""
    return Payloads(blobs)


@pytest.fixture
def doomed(redis_url: str) -> Doomed:
    """The list on an empty Redis."""
    return Doomed(redis.Redis.from_url(redis_url))


def test_a_payload_is_what_was_written(payloads: Payloads) -> None:
    """Whole and in pieces; written again it is the new one; deleted it is gone, twice as once."""
    content = os.urandom(2 * CHUNK_BYTES + 17)
    payloads.write(NAME, b"old")
    payloads.write(NAME, content)
    assert payloads.read(NAME) == content == b"".join(payloads.chunks(NAME))
    assert payloads.exists(NAME) and [found.name for found in payloads.list()] == [NAME]
    assert payloads.delete(NAME) and not payloads.delete(NAME)
    assert not payloads.exists(NAME) and list(payloads.list()) == []


@pytest.mark.parametrize(("start", "end"), [(0, 1), (5, None), (CHUNK_BYTES - 1, CHUNK_BYTES + 1), (100, 100_000)])
def test_a_part_of_a_payload(payloads: Payloads, start: int, end: int | None) -> None:
    """From the first byte up to, and without, the last."""
    content = os.urandom(CHUNK_BYTES + 100)
    payloads.write(NAME, content)
    assert b"".join(payloads.chunks(NAME, start=start, end=end)) == content[start:end]


def test_a_file_is_taken_over(payloads: Payloads, blobs: Blobs) -> None:
    """The path is gone afterwards, and nothing is left in the temporary folder."""
    path = blobs.temp_dir / "upload"
    path.write_bytes(b"input")
    payloads.adopt(NAME, path)
    assert payloads.read(NAME) == b"input"
    assert list(blobs.temp_dir.iterdir()) == []


@pytest.mark.parametrize("name", [NAME, "../../etc/passwd", "job_x.in", f"{JOB}.in/..", f"{JOB}", f"{JOB}.exe"])
def test_what_is_not_there(payloads: Payloads, name: str) -> None:
    """Reading it says so; no name that isn't a payload's ever becomes a path."""
    with pytest.raises(PayloadUnknown):
        payloads.read(name)
    with pytest.raises(PayloadUnknown):
        next(payloads.chunks(name))


def test_payloads_and_blobs_do_not_mix(payloads: Payloads, blobs: Blobs) -> None:
    """Neither space lists what is in the other."""
    sha256 = blobs.put(b"weights")
    payloads.write(NAME, b"input")
    assert list(blobs.list()) == [sha256]
    assert [found.name for found in payloads.list()] == [NAME]


def test_a_folder_that_cant_be_written(tmp_path: Path) -> None:
    """What the disk says comes out as BlobsUnavailable."""
    blobs = Blobs.open(f"file://{tmp_path}/blobs", tmp_path / "unused")
    (tmp_path / "blobs" / "payloads").write_text("in the way")
    with pytest.raises(BlobsUnavailable):
        Payloads(blobs).write(NAME, b"x")
    assert list(blobs.temp_dir.iterdir()) == []


def test_marks_are_read_as_written() -> None:
    """A marked kind says where the payload is; any other is the kind alone."""
    assert read_mark(mark("json", 7), job_id=JOB) == ("json", Stored(NAME, 7))
    assert read_mark(mark("bytes", 7, fence=3), job_id=JOB) == ("bytes", Stored(output_name(JOB, 3), 7))
    assert read_mark("bytes", job_id=JOB) == ("bytes", None)


def test_names_come_when_their_time_has_come(doomed: Doomed, redis_url: str) -> None:
    """Not before; and not again for a while, though nobody said that they are deleted."""
    connection = redis.Redis.from_url(redis_url)
    connection.zadd("payloads:doomed", {"a": 1, "b": 2, "later": 2**52})
    assert doomed.take(10) == ["a", "b"]
    assert doomed.take(10) == []
    doomed.forget("a")
    assert connection.zrange("payloads:doomed", 0, -1) == [b"b", b"later"]


def test_one_of_many_is_to_sweep(doomed: Doomed) -> None:
    """Of all who ask within the time, the first."""
    assert [doomed.claim_sweep(every_seconds=60) for _ in range(3)] == [True, False, False]


@pytest.mark.parametrize(
    ("state", "kept"),
    [
        ({"s": "queued"}, {"in"}),
        ({"s": "running", "f": "2"}, {"in", "out-2"}),
        ({"s": "succeeded", "f": "2"}, {"out-2"}),
        ({"s": "failed", "f": "2"}, set()),
        ({"s": "canceled", "f": "2"}, set()),
        (None, set()),
    ],
)
def test_only_what_no_record_needs_is_swept(
    payloads: Payloads, doomed: Doomed, redis_url: str, state: dict[str, str] | None, kept: set[str]
) -> None:
    """An input until its job has ended; the output of the fence that counts; nothing of a job nobody knows."""
    if state is not None:
        redis.Redis.from_url(redis_url).hset(f"job:{JOB}", mapping=state)
    names = {part: f"{JOB}.{part}" for part in ("in", "out-1", "out-2")}
    for name in names.values():
        payloads.write(name, b"x")
    assert sweep(payloads, doomed) == ()  # what was written lately stays
    gone = sweep(payloads, doomed, idle_seconds=-60)
    assert {found.name for found in payloads.list()} == {names[part] for part in kept}
    assert set(gone) == set(names.values()) - {names[part] for part in kept}
