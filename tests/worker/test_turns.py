"""Turns on real Redis and a real catalogue; only the sandboxes are the shipped fake."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from policies.check import check
from sandbox.errors import EngineUnreachable
from sandbox.fake import FakeDriver, ends
from sandbox.outcome import Outcome
from sandbox.pool import Pool
from store.blobs import Blobs
from store.catalog import Catalog, Version
from store.ids import new_id
from store.jobs.back import JobBack
from store.jobs.front import JobFront
from store.jobs.reader import read
from store.jobs.records import Admission, Admitted, JobRecord
from store.payloads import Payloads
from worker.bell import Bell
from worker.bundles import Bundles
from worker.running import Running
from worker.settings import WorkerSettings
from worker.station import Station, occupy
from worker.turn_worker import TurnWorker

SOURCE = b"""import torch
from torch import nn


class Model(nn.Module):
    def __init__(self):
        super().__init__()

    def predict_single(self, x):
        return x
"""


class Shop:
    """A worker's station with a fake driver, and the API's side beside it."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.redis = redis.Redis.from_url(url)
        self.driver = FakeDriver()
        self.catalog = Catalog.open(f"sqlite:///{folder}/catalog.sqlite3")
        self.blobs = Blobs.open(f"file://{folder}/blobs", folder / "cache")
        self.station = Station(
            name="w1",
            settings=WorkerSettings(slice_seconds=0.1, linger_seconds=0.3),
            connection=self.redis,
            back=JobBack(self.redis, worker="w1"),
            catalog=self.catalog,
            blobs=self.blobs,
            bundles=Bundles(self.blobs),
            payloads=Payloads(self.blobs),
            pool=Pool(self.driver, blanks=1, memory_budget_bytes=2**40),
            bell=Bell(redis.Redis.from_url(url), worker="w1"),
            running=Running(),
        )
        self.station.back.heartbeat()
        occupy(self.station)

    def close(self) -> None:
        """Leave nothing."""
        self.station.stop.set()
        occupy(None)
        self.station.pool.close()
        self.station.bell.close()
        self.catalog.close()

    def version(self, tenant: str, *, source: bytes = SOURCE, accepted: bytes | None = None) -> Version:
        """A ready version of a tenant's new model, with the verdict of ``accepted``."""
        try:
            tenant_id = self.catalog.tenants.get(tenant).id
        except Exception:
            tenant_id = self.catalog.tenants.create(tenant).id
        made = self.catalog.models.add_version(
            tenant_id,
            new_id("ver"),
            source_sha256=self.blobs.put(source),
            weights_sha256=self.blobs.put(b"weights"),
            weights_bytes=7,
            source_bytes=len(source),
            config={},
            verdict=check(accepted or source),
            status="checking",
        )
        self.catalog.models.finish_check(made.id, status="ready", load_mode="plain")
        version = self.catalog.models.version_by_id(made.id)
        assert version is not None
        return version

    def admit(self, version: Version, count: int, *, concurrency: int = 1, **options: float) -> list[str]:
        """That many jobs of the version; their ids."""
        return asyncio.run(self._admit(version, count, concurrency, options))

    async def _admit(self, version: Version, count: int, concurrency: int, options: dict[str, float]) -> list[str]:
        front = JobFront(self.url)
        await front.start()
        ids = []
        for n in range(count):
            admission = Admission(
                job_id=new_id("job"),
                tenant_id=version.tenant_id,
                model=version.model_name,
                version_id=version.id,
                version_number=version.number,
                generation=0,
                input_kind="json",
                payload=str(n).encode(),
                timeout_seconds=options.get("timeout_seconds", 1.0),
                cancel_after_seconds=options.get("cancel_after_seconds"),
                queued_limit=10**6,
                requests_per_minute=10**9,
                concurrency=concurrency,
                result_seconds=60,
            )
            assert isinstance(await front.admit(admission), Admitted)
            ids.append(admission.job_id)
        await front._in_thread(lambda _queue, _nothing: None, None)  # what was issued has reached RQ
        await front.close()
        return ids

    def work(self) -> None:
        """Let RQ run whatever is queued, in this thread, until its queue is empty."""
        TurnWorker(self.redis, name=new_id("trn"), stop=threading.Event()).work(burst=True, logging_level="ERROR")

    def job(self, job_id: str) -> JobRecord:
        """The job as it stands."""
        record = read(self.redis, job_id)
        assert record is not None
        return record

    def states(self, ids: list[str]) -> set[str]:
        """The states they are in."""
        return {self.job(i).state for i in ids}


@pytest.fixture
def shop(redis_url: str, tmp_path: Path) -> Iterator[Shop]:
    """A fresh one."""
    shop = Shop(redis_url, tmp_path)
    yield shop
    shop.close()


def test_a_turn_serves_all_that_is_pending_in_one_sandbox(shop: Shop) -> None:
    """Every job gets its own answer; one sandbox is bound, and stays for the next turn."""
    version = shop.version("a")
    ids = shop.admit(version, 50)
    shop.work()
    assert [shop.job(i).output for i in ids] == [str(n).encode() for n in range(50)]
    again = shop.admit(version, 3)
    shop.work()
    assert shop.states(again) == {"succeeded"}
    bound = [s for s in shop.driver.started if s.alive and s.bundle is not None]
    assert len(bound) == 1


def test_a_lingering_turn_is_woken_by_an_admission(shop: Shop) -> None:
    """While a turn lingers, a new job is served without another turn."""
    version = shop.version("a")
    shop.admit(version, 1)
    working = threading.Thread(target=shop.work)
    working.start()
    wait_until(lambda: shop.redis.scard(f"lingering:{version.id}") == 1)
    serial = shop.redis.get("turns:serial")
    late = shop.admit(version, 1)
    wait_until(lambda: shop.states(late) == {"succeeded"})
    assert shop.redis.get("turns:serial") == serial
    working.join(10)


def test_a_sandbox_that_is_discarded_while_its_turn_lingers_costs_no_attempt(shop: Shop) -> None:
    """The job that comes then is served in another one, in the same turn, as if nothing had been."""
    version = shop.version("a")
    shop.admit(version, 1)
    working = threading.Thread(target=shop.work)
    working.start()
    wait_until(lambda: shop.redis.scard(f"lingering:{version.id}") == 1)
    first = next(s for s in shop.driver.started if s.bundle is not None)
    spent = first.spent()
    assert spent is not None
    assert first.discard(uses=spent.uses)
    late = shop.admit(version, 1)
    wait_until(lambda: shop.states(late) == {"succeeded"})
    assert shop.job(late[0]).attempts == 1
    working.join(10)
    assert [s.alive for s in shop.driver.started if s.bundle is not None] == [False, True]


def test_a_flooding_tenant_gives_way_after_its_slice(shop: Shop) -> None:
    """One job of a second tenant is served long before the flood of the first is done."""
    loud, quiet = shop.version("loud"), shop.version("quiet")
    order: list[str] = []

    def slow(call: object) -> Outcome:
        time.sleep(0.01)
        order.append("loud")
        return Outcome(call.id, "succeeded", output=b"1", wall_seconds=0.01)  # type: ignore[attr-defined]

    def note(call: object) -> Outcome:
        order.append("quiet")
        return Outcome(call.id, "succeeded", output=b"1")  # type: ignore[attr-defined]

    shop.driver.behaviours[loud.id] = slow
    shop.driver.behaviours[quiet.id] = note
    flood = shop.admit(loud, 200)
    one = shop.admit(quiet, 1)
    shop.work()
    assert shop.states(flood + one) == {"succeeded"}
    assert order.index("quiet") < 100


def test_neighbours_of_a_crash_are_answered_in_another_sandbox(shop: Shop) -> None:
    """The job that kills its sandbox fails; those behind it succeed in the same turn."""
    version = shop.version("a")

    def crash_on_five(call: object) -> Outcome:
        kind = "crashed" if call.payload == b"5" else "succeeded"  # type: ignore[attr-defined]
        return Outcome(call.id, kind, output=b"1", message="m")  # type: ignore[attr-defined, arg-type]

    shop.driver.behaviours[version.id] = crash_on_five
    ids = shop.admit(version, 20)
    shop.work()
    states = [shop.job(i).state for i in ids]
    assert states == ["failed" if n == 5 else "succeeded" for n in range(20)]
    assert shop.job(ids[5]).error_type == "crashed"
    assert {shop.job(i).attempts for i in ids} == {1}


def test_platform_faults_are_tried_three_times(shop: Shop) -> None:
    """A sandbox that goes away through no fault of the tenant is replaced; the third time the job fails."""
    version = shop.version("a")
    shop.driver.behaviours[version.id] = ends("platform")
    ids = shop.admit(version, 1)
    shop.work()
    job = shop.job(ids[0])
    assert (job.state, job.error_type, job.attempts) == ("failed", "platform", 3)


def test_a_driver_that_raises_leaves_no_claim_behind(shop: Shop) -> None:
    """Should a sandbox raise where it has to answer, its jobs are tried again, and end as the platform's fault."""
    version = shop.version("a")

    def broken(call: object) -> Outcome:
        raise EngineUnreachable("test")

    shop.driver.behaviours[version.id] = broken
    ids = shop.admit(version, 1)
    shop.work()
    assert not shop.redis.smembers("claims:w1")
    job = shop.job(ids[0])
    assert (job.state, job.error_type, job.attempts) == ("failed", "platform", 3)


def test_jobs_of_a_deleted_model_end(shop: Shop) -> None:
    """What was queued when its model was deleted fails as model_unavailable."""
    version = shop.version("a")
    ids = shop.admit(version, 3)
    shop.catalog.models.delete(version.tenant_id, version.model_name)
    shop.work()
    assert {(shop.job(i).state, shop.job(i).error_type) for i in ids} == {("failed", "model_unavailable")}


def test_the_worker_checks_the_source_itself(shop: Shop) -> None:
    """A source that got into the catalogue as accepted is refused before binding; nothing of it runs."""
    version = shop.version("a", source=b"import os\n" + SOURCE, accepted=SOURCE)
    ids = shop.admit(version, 2)
    shop.work()
    assert {(shop.job(i).state, shop.job(i).error_type) for i in ids} == {("failed", "model_unavailable")}
    found = shop.catalog.models.version_by_id(version.id)
    assert found is not None and found.status == "refused" and not found.verdict.accepted
    assert all(s.bundle is None for s in shop.driver.started)


def test_without_an_engine_jobs_stay_queued(shop: Shop) -> None:
    """A worker that can't get a sandbox claims nothing, and serves when it can."""
    version = shop.version("a")
    for blank in shop.driver.started:
        blank.destroy()
    shop.station.pool.close()
    shop.driver.fault = EngineUnreachable("test")
    ids = shop.admit(version, 2)
    working = threading.Thread(target=shop.work)
    working.start()
    time.sleep(0.5)
    assert shop.states(ids) == {"queued"}
    assert {shop.job(i).attempts for i in ids} == {0}
    shop.driver.fault = None
    wait_until(lambda: shop.states(ids) == {"succeeded"})
    working.join(10)


def test_a_stopped_worker_ends_its_turn_and_loses_nothing(shop: Shop) -> None:
    """Stop during a flood: what was claimed is answered, the rest is still queued."""
    version = shop.version("a")

    def slow(call: object) -> Outcome:
        time.sleep(0.02)
        return Outcome(call.id, "succeeded", output=b"1", wall_seconds=0.02)  # type: ignore[attr-defined]

    shop.driver.behaviours[version.id] = slow
    ids = shop.admit(version, 100)
    working = threading.Thread(target=shop.work)
    working.start()
    wait_until(lambda: shop.job(ids[5]).state == "succeeded")
    shop.station.stop.set()
    wait_until(lambda: not shop.redis.smembers("claims:w1"))
    states = [shop.job(i).state for i in ids]
    assert set(states) == {"succeeded", "queued"}
    shop.station.stop.clear()
    working.join(30)
    shop.work()
    assert shop.states(ids) == {"succeeded"}


def wait_until(condition: Callable[[], bool], *, seconds: float = 10.0) -> None:
    """Return when it holds; fail when it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to pass"
        time.sleep(0.01)
