"""Backpressure on real parts: a Redis whose memory is nearly used up, a disk below its reserve, a full queue."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from starlette.testclient import TestClient

from api.app import create_app
from api.errors import Problem
from api.metrics import Metrics
from api.pressure import Pressure
from policies.limits import MIB
from store.capacity import Disk, Marks, Memory, disk_of, memory_of
from store.jobs.back import JobBack
from store.jobs.front import JobFront
from tests.api.conftest import Installation, assert_problem, store_settings, submit, upload
from tests.api.contract import WatchedClient
from tests.api.pumping import Pump, Server, lines
from tests.conftest import RedisServer
from tests.faults.disk import small_disk
from worker.batches.headroom import Headroom

REDUCED = "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity"

Serve = Callable[..., TestClient]


@pytest.fixture
def own(tmp_path: Path, own_redis: RedisServer) -> Iterator[Installation]:
    """An installation whose Redis the test may fill."""
    found = Installation(store_settings(tmp_path / "data", own_redis.url))
    yield found
    found.close()


@pytest.fixture
def serve(own: Installation) -> Iterator[Serve]:
    """Starts an API process of it with some settings changed."""
    opened: list[TestClient] = []

    def start(**changes: Any) -> TestClient:
        settings = own.settings.model_copy(update=changes)
        client = WatchedClient(create_app(settings), raise_server_exceptions=False)
        opened.append(client.__enter__())
        return client

    yield start
    for client in opened:
        client.__exit__(None, None, None)


def until(holds: Callable[[], bool]) -> None:
    """Wait for what the API notices by itself."""
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def fill(connection: redis.Redis, *, percent: float) -> None:
    """Give Redis just so much memory that this share of it is used, and megabytes are left."""
    for number in range(64):  # in small pieces: a large one is in Redis's buffers for a while as well
        connection.set(f"ballast{number}", b"x" * MIB)
    used = memory_of(connection.info("memory")).used_bytes  # type: ignore[arg-type]
    connection.config_set("maxmemory", int(used * 100 / percent))


def test_a_redis_near_its_limit_takes_no_new_job(serve: Serve, own: Installation) -> None:
    """503 above the mark, long before Redis itself refuses; reading, waiting and canceling go on; then it is over."""
    api, acme = serve(), own.account("acme")
    own.ready(acme)
    job, canceled = submit(api, acme).json(), submit(api, acme).json()
    fill(own.redis, percent=95)
    until(lambda: submit(api, acme).status_code == 503)
    body = assert_problem(response := submit(api, acme), 503, "redis_full")
    assert (body["type"], response.headers["retry-after"]) == (REDUCED, "10")
    assert api.post(canceled["urls"]["cancel"], headers=acme.headers).json()["status"] == "canceled"
    own.echo()
    assert api.get(job["urls"]["self"], headers=acme.headers).json()["status"] == "succeeded"
    assert api.get(job["urls"]["output"], headers=acme.headers).status_code == 200
    assert upload(api, acme, name="other").status_code == 201
    JobBack(own.redis, worker="w").heartbeat()
    assert api.get("/readyz").json()["checks"]["capacity"] == "redis_full"
    metrics = api.get("/metrics").text
    assert 'cloche_full{what="redis_full"} 1.0' in metrics
    assert 'cloche_jobs_refused_total{why="redis_full"}' in metrics
    own.redis.config_set("maxmemory", "0")
    until(lambda: submit(api, acme).status_code == 202)
    assert api.get("/readyz").json()["checks"]["capacity"] == "ok"


def test_a_redis_near_its_limit_gets_no_more_lines_of_batches(serve: Serve, own: Installation, tmp_path: Path) -> None:
    """What was accepted as a batch waits above the mark as single jobs do, says so, and goes on by itself."""
    api, acme = serve(), own.account("acme")
    own.ready(acme)
    answer = api.post("/v1/models/echo/batches", content=lines(*range(2_000)), headers=acme.headers)
    batch = f"batch:{answer.json()['id']}"
    fill(own.redis, percent=95)
    pump = Pump(own, tmp_path)
    try:
        with Server(own) as server:
            until(lambda: own.redis.hget(batch, "wf") == b"redis_full")
            assert (server.runs, own.redis.hget(batch, "next")) == ({}, b"0")
            own.redis.config_set("maxmemory", "0")
            until(lambda: own.redis.hget(batch, "s") == b"completed")
    finally:
        pump.kill()
    assert own.redis.hmget(batch, "succeeded", "wf") == [b"2000", b""]


@pytest.mark.anyio
async def test_a_disk_below_its_reserve_holds_up_batches(redis_url: str, tmp_path: Path) -> None:
    """A pump looks at the disk as the API does."""
    front = JobFront(redis_url)
    await front.start()
    try:
        for reserve_bytes, full in ((10**15, "disk_nearly_full"), (1, None)):
            assert await Headroom(front, Marks(0, 100, reserve_bytes, (tmp_path,))).full() == full
    finally:
        await front.close()


def test_where_nearly_full_begins_is_a_setting(serve: Serve, own: Installation) -> None:
    """The same Redis is full for one API process and not for another."""
    strict, easy, acme = serve(redis_full_percent=40), serve(redis_full_percent=70), own.account("acme")
    own.ready(acme)
    fill(own.redis, percent=50)
    until(lambda: submit(strict, acme).status_code == 503)
    time.sleep(1.5)  # time for the other one to look as well
    assert submit(easy, acme).status_code == 202


def test_a_disk_below_its_reserve_takes_nothing_new(serve: Serve, own: Installation) -> None:
    """Jobs and uploads are 503; what is there can be read, canceled and deleted."""
    before, acme = serve(), own.account("acme")
    own.ready(acme)
    job = submit(before, acme).json()
    api = serve(disk_reserve_bytes=2 * shutil.disk_usage(own.settings.data).total)
    until(lambda: submit(api, acme).status_code == 503)
    response = submit(api, acme)
    body = assert_problem(response, 503, "disk_nearly_full")
    assert (body["type"], response.headers["retry-after"]) == (REDUCED, "30")
    assert_problem(upload(api, acme, name="other"), 503, "disk_nearly_full")
    assert own.leftovers() == []
    assert api.post(job["urls"]["cancel"], headers=acme.headers).status_code == 200
    assert api.get("/v1/jobs", headers=acme.headers).status_code == 200
    assert api.delete("/v1/models/echo", headers=acme.headers).status_code == 204
    assert submit(before, acme).status_code == 404


def test_a_small_disk_that_fills_up_is_noticed_before_it_is_full(own_redis: RedisServer, tmp_path: Path) -> None:
    """A real one, with everything but Redis on it: below a tenth nothing new, nothing broken; then it goes on."""
    with small_disk(tmp_path / "disk"):
        own = Installation(store_settings(tmp_path / "disk" / "data", own_redis.url))
        acme = own.account("acme")
        own.ready(acme)
        ballast = tmp_path / "disk" / "ballast"
        with WatchedClient(create_app(own.settings)) as api:
            assert submit(api, acme).status_code == 202
            disk = disk_of(ballast, reserve_bytes=0)
            assert disk.reserve_bytes == disk.total_bytes // 10
            ballast.write_bytes(b"\0" * (disk.spare_bytes + MIB))
            until(lambda: submit(api, acme).status_code == 503)
            assert_problem(upload(api, acme, name="other"), 503, "disk_nearly_full")
            assert own.echo()
            own.catalog.tenants.create("written")  # there is room for what has to be
            ballast.unlink()
            until(lambda: submit(api, acme).status_code == 202)
            assert upload(api, acme, name="other").status_code == 201
        own.close()


def test_an_upload_may_not_take_what_is_in_reserve() -> None:
    """Announced or arrived: the bytes that would bring the disk below the mark are refused."""
    pressure = Pressure(Marks(0, 90, 1000), metrics=Metrics())
    pressure.check_upload(10**15)  # not measured yet
    pressure.disk = Disk(1500, 10_000, 1000)
    pressure.check_upload(500)
    with pytest.raises(Problem) as caught:
        pressure.check_upload(501)
    assert caught.value.code == "disk_nearly_full"
    pressure.disk = Disk(999, 10_000, 1000)
    with pytest.raises(Problem):
        pressure.check_upload()


def test_a_full_engine_takes_no_new_job(serve: Serve, own: Installation) -> None:
    """All tenants' queued jobs together against the limit, exactly; room as soon as one is canceled."""
    api, acme, other = serve(queue_limit=3), own.account("acme"), own.account("other")
    own.ready(acme)
    own.ready(other)
    job = submit(api, acme).json()
    submit(api, acme)
    submit(api, other)
    for account in (acme, other):
        response = submit(api, account)
        body = assert_problem(response, 503, "engine_full")
        assert (body["type"], response.headers["retry-after"]) == (REDUCED, "5")
    JobBack(own.redis, worker="w").heartbeat()
    assert api.get("/readyz").json()["checks"]["capacity"] == "engine_full"
    api.post(job["urls"]["cancel"], headers=acme.headers)
    assert submit(api, other).status_code == 202
    assert submit(serve(queue_limit=0), other).status_code == 202


def test_without_a_limit_of_its_own_redis_has_the_machines() -> None:
    """maxmemory 0 means none; what the machine has is what there is."""
    memory = memory_of({"used_memory": 60, "maxmemory": "0", "total_system_memory": "100"})
    assert (memory.limit_bytes, memory.percent, memory.bounded) == (100, 60.0, False)
    memory = memory_of({"used_memory": 60, "mem_not_counted_for_evict": 10, "maxmemory": 80})
    assert (memory.used_bytes, memory.percent, memory.bounded) == (50, 62.5, True)
    assert memory_of({}).percent == 0.0


def test_a_fault_while_looking_is_not_for_ever(
    serve: Serve, own: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error nobody thought of leaves the last state, and the next look is tried all the same."""
    api, acme = serve(), own.account("acme")
    own.ready(acme)
    jobs = api.app.state.parts.jobs  # type: ignore[attr-defined]
    memory = jobs.memory
    faults = iter([ValueError("ours"), KeyError("ours")])

    async def broken() -> Memory:
        if (fault := next(faults, None)) is not None:
            raise fault
        found: Memory = await memory()
        return found

    monkeypatch.setattr(jobs, "memory", broken)
    fill(own.redis, percent=95)
    until(lambda: submit(api, acme).status_code == 503)


def test_a_redis_that_is_away_is_not_called_full(serve: Serve, own: Installation, own_redis: RedisServer) -> None:
    """Away is away: the code says what is wrong, and the state before comes back with it."""
    api, acme = serve(), own.account("acme")
    own.ready(acme)
    assert submit(api, acme).status_code == 202
    own_redis.kill()
    assert_problem(submit(api, acme), 503, "redis_unavailable")
    time.sleep(1.5)  # a look in vain
    assert_problem(submit(api, acme), 503, "redis_unavailable")
    own_redis.start()
    until(lambda: submit(api, acme).status_code == 202)
