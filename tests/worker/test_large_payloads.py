"""Large inputs and outputs through a turn: real Redis and real files, only the sandbox is the shipped fake."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.outcome import Outcome
from store.catalog import Version
from store.errors import BlobsUnavailable
from store.ids import new_id
from store.jobs.front import JobFront
from store.jobs.records import Admission, Admitted
from store.payloads import Doomed, Payloads, input_name, output_name
from tests.worker.test_turns import Shop, wait_until
from worker import payloads as way
from worker.janitor import Janitor

LARGE = 2**20


@pytest.fixture
def shop(redis_url: str, tmp_path: Path) -> Iterator[Shop]:
    """A fresh one."""
    shop = Shop(redis_url, tmp_path)
    yield shop
    shop.close()


def admit(shop: Shop, version: Version, *inputs: bytes, **changes: Any) -> list[str]:
    """Jobs with these inputs, large ones in the blob store as the API puts them there."""

    async def all_of_them() -> list[str]:
        front = JobFront(shop.url)
        await front.start()
        ids = []
        for content in inputs:
            job_id = new_id("job")
            stored = len(content) > shop.station.settings.inline_bytes
            if stored:
                shop.station.payloads.write(input_name(job_id), content)
            base: dict[str, Any] = {
                "tenant_id": version.tenant_id,
                "model": version.model_name,
                "version_id": version.id,
                "version_number": version.number,
                "generation": 0,
                "input_kind": "bytes",
                "payload": b"" if stored else content,
                "input_bytes": len(content) if stored else None,
                "timeout_seconds": 5.0,
                "queued_limit": 10**6,
                "requests_per_minute": 10**9,
                "concurrency": 1,
                "result_seconds": 60,
            }
            assert isinstance(await front.admit(Admission(job_id=job_id, **{**base, **changes})), Admitted)
            ids.append(job_id)
        await front._in_thread(lambda _queue, _nothing: None, None)
        await front.close()
        return ids

    return asyncio.run(all_of_them())


def janitor(shop: Shop) -> Janitor:
    """One whose rounds the test makes."""
    return Janitor(shop.station.payloads, Doomed(shop.redis))


def names(shop: Shop) -> set[str]:
    """Every payload there is."""
    return {found.name for found in shop.station.payloads.list()}


def test_large_payloads_pass_redis_by(shop: Shop) -> None:
    """Input and output are whole, the small one's beside them too; the input is gone with its job's end."""
    version = shop.version("a")
    contents = [os.urandom(LARGE), b"small", os.urandom(2 * LARGE)]
    ids = admit(shop, version, *contents)
    assert sum(shop.redis.memory_usage(f"job:{i}") or 0 for i in ids) < 4096  # type: ignore[misc]
    shop.work()
    jobs = [shop.job(i) for i in ids]
    assert [job.state for job in jobs] == ["succeeded"] * 3
    for job, content in zip(jobs, contents, strict=True):
        stored = job.output_stored
        assert (job.output if stored is None else shop.station.payloads.read(stored.name)) == content
    assert jobs[1].output_stored is None
    janitor(shop).clear()
    assert names(shop) == {output_name(ids[0], 1), output_name(ids[2], 1)}


def test_an_expired_result_is_gone(shop: Shop) -> None:
    """When the lifetime is over, Redis knows nothing of the job and the blob store holds nothing of it."""
    version = shop.version("a")
    (job_id,) = admit(shop, version, os.urandom(LARGE), result_seconds=1)
    shop.work()
    assert names(shop)
    clearing = janitor(shop)

    def gone() -> bool:
        clearing.clear()
        shop.station.back.reap()
        return not names(shop)

    wait_until(gone)
    assert [key for key in shop.redis.scan_iter() if job_id.encode() in key] == []
    assert shop.redis.zcard(f"jobs:{version.tenant_id}") == shop.redis.zcard("ended") == 0


class Broken(Payloads):
    """A blob store that fails for as long as it is told to."""

    away = False

    def read(self, name: str) -> bytes:
        """As the real one, or away."""
        if self.away:
            raise BlobsUnavailable("test")
        return super().read(name)

    def write(self, name: str, content: bytes | bytearray) -> None:
        """As the real one, or away."""
        if self.away:
            raise BlobsUnavailable("test")
        super().write(name, content)


def broken(shop: Shop) -> Broken:
    """Give the station one."""
    found = Broken(shop.blobs)
    object.__setattr__(shop.station, "payloads", found)
    return found


def test_while_the_blob_store_is_away_jobs_stay_queued(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job whose input can't be had is handed back as never started, however long that takes, and runs in the end."""
    monkeypatch.setattr("worker.turns._FAULT_PAUSE_SECONDS", 0.01)
    version = shop.version("a")
    store = broken(shop)
    (job_id,) = admit(shop, version, os.urandom(LARGE))
    store.away = True
    working = threading.Thread(target=shop.work)
    tries: list[str] = []
    read = store.read
    monkeypatch.setattr(store, "read", lambda name: tries.append(name) or read(name))
    working.start()
    wait_until(lambda: len(tries) > 4)
    assert shop.job(job_id).attempts <= 1
    store.away = False
    wait_until(lambda: shop.job(job_id).state == "succeeded")
    working.join(10)
    assert shop.job(job_id).attempts == 1


def test_an_input_that_is_lost_is_our_fault(shop: Shop) -> None:
    """Three attempts, then the job fails as platform; a neighbour with a small input is served."""
    version = shop.version("a")
    lost, small = admit(shop, version, os.urandom(LARGE), b"small")
    shop.station.payloads.delete(input_name(lost))
    shop.work()
    job = shop.job(lost)
    assert (job.state, job.error_type, job.attempts) == ("failed", "platform", 3)
    assert job.error_message == way.INPUT_GONE
    assert shop.job(small).state == "succeeded"


def test_an_output_that_cant_be_kept_is_our_fault(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The job is tried again, not called succeeded; after three attempts it fails as platform."""
    monkeypatch.setattr(way, "PAUSE_SECONDS", 0.01)
    version = shop.version("a")
    store = broken(shop)

    def breaks(call: object) -> Outcome:
        store.away = True
        return Outcome(call.id, "succeeded", "bytes", bytes(LARGE))  # type: ignore[attr-defined]

    shop.driver.behaviours[version.id] = breaks
    (job_id,) = admit(shop, version, b"x")
    shop.work()
    job = shop.job(job_id)
    assert (job.state, job.error_type, job.attempts, job.error_message) == (
        "failed",
        "platform",
        3,
        way.OUTPUT_NOT_KEPT,
    )
    assert names(shop) == set()


@pytest.mark.parametrize("dies", ["before it settles", "after it was taken for dead"])
def test_a_worker_that_dies_in_between_doubles_nothing(shop: Shop, dies: str) -> None:
    """Its output lies there under its own fence: never the job's, and deleted as soon as it or a sweep says so."""
    version = shop.version("a")
    content = os.urandom(LARGE)
    (job_id,) = admit(shop, version, content)
    token = shop.redis.zrange("turns:issued", 0, -1)[0].decode()  # type: ignore[index]
    assert shop.station.back.begin(token)
    (claim,) = shop.station.back.settle(token, version.id, [], want=1).claims
    wrote = way.keep(
        shop.station.payloads,
        way.Settlement(claim, "succeeded", output=bytes(LARGE)),
        inline_bytes=1024,
        stop=threading.Event(),
    )
    shop.station.back.reap(goodbye=True)  # the worker is gone: its job goes back
    shop.station.back.heartbeat()
    shop.work()
    job = shop.job(job_id)
    assert job.output_stored is not None and job.output_stored.name == output_name(job_id, 2)
    if dies == "after it was taken for dead":
        shop.station.back.settle(token, version.id, [wrote], want=0)
        janitor(shop).clear()
    else:
        from store.payloads.sweep import sweep

        sweep(shop.station.payloads, Doomed(shop.redis), idle_seconds=-60)
    janitor(shop).clear()
    assert names(shop) == {output_name(job_id, 2)}
    assert shop.station.payloads.read(output_name(job_id, 2)) == content


def test_the_janitor_survives_what_goes_away(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A round that failed is made again; what was to be deleted is deleted in the end."""
    monkeypatch.setattr("worker.janitor.PAUSE_SECONDS", 0.01)
    monkeypatch.setattr("store.payloads.doomed.RETRY_MS", 1)
    folder = shop.station.payloads._folder
    shop.station.payloads.write(f"{new_id('job')}.in", b"x")
    (name,) = names(shop)
    moved, in_the_way, back = (folder.with_name(name) for name in ("elsewhere", "in_the_way", "back"))
    folder.rename(moved)
    in_the_way.write_text("no folder")
    folder.symlink_to(in_the_way)
    shop.redis.zadd("payloads:doomed", {name: 1})
    thread = janitor(shop)
    thread.start()
    try:
        wait_until(lambda: float(shop.redis.zscore("payloads:doomed", name) or 0) > 1)  # type: ignore[arg-type]
        back.symlink_to(moved)
        back.replace(folder)  # at one stroke: with no folder at all, the payload would be taken for deleted
        wait_until(lambda: not names(shop) and not shop.redis.exists("payloads:doomed"))
    finally:
        thread.stop()  # whatever happened: it would clear what later tests on this Redis look for
