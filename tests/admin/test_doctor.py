"""``cloche-admin doctor`` on real parts, whole and broken."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
import pytest
import redis

from admin.checks.finding import Finding
from admin.checks.redis import check_redis
from store.capacity import memory_of
from store.jobs.back import JobBack
from tests.admin.conftest import Admin, run_admin
from tests.conftest import RedisServer


def _checks(ended_json: dict[str, list[dict[str, str]]]) -> dict[str, dict[str, str]]:
    return {check["name"]: check for check in ended_json["checks"]}


@contextmanager
def _worker(url: str, *, fault: str = "", gpus: tuple[str, ...] = ()) -> Iterator[None]:
    """A worker's heartbeat, in the worker's own words, as often as a worker says them."""
    back = JobBack(redis.Redis.from_url(url), worker=f"test-worker-{len(gpus)}", gpus=gpus)
    back.heartbeat(fault=fault)
    over = threading.Event()

    def beat() -> None:
        while not over.wait(0.5):
            back.heartbeat(fault=fault)

    thread = threading.Thread(target=beat)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.fixture
def tagged_image() -> Iterator[str]:
    """Some image of the engine's under a name of this test's own."""
    client = docker.from_env()
    tag = "cloche-doctor-test:1"
    client.api.import_image_from_data(b"\0" * 10240, repository="cloche-doctor-test", tag="1")
    yield tag
    client.images.remove(tag)
    client.close()


def test_a_whole_installation_is_healthy(admin: Admin, redis_url: str, tagged_image: str) -> None:
    """With every part up nothing fails, each check says what it found, and the exit status is 0."""
    with _worker(redis_url):
        ended = admin("doctor", "--json", CLOCHE_SANDBOX_IMAGE=tagged_image)
    checks = _checks(ended.json)
    assert [name for name, check in checks.items() if check["state"] == "fail"] == []
    assert (ended.status, ended.json["healthy"]) == (0, True)
    assert list(checks) == [
        "engine", "runtime", "image",
        "engine version", "containerd version", "runc version", "kernel version",
        "ceilings", "filters", "kernel", "engine access", "user",
        "redis", "persistence", "eviction", "memory", "workers", "gpu workers",
        "catalogue", "blobs", "disk",
        "exemptions", "verdicts",
        "couriers", "webhooks",
        "batches",
    ]  # fmt: skip
    assert all(check["found"] for check in checks.values())
    assert all(check["advice"] for check in checks.values() if check["state"] != "ok")


def test_a_healthy_installation_reads_as_a_table(admin: Admin, redis_url: str, tagged_image: str) -> None:
    """People get one row for each check."""
    with _worker(redis_url):
        ended = admin("doctor", CLOCHE_SANDBOX_IMAGE=tagged_image)
    assert ended.status == 0
    lines = ended.out.splitlines()
    assert lines[0].split() == ["CHECK", "STATE", "FOUND"]
    assert lines[1].split()[:2] == ["engine", "ok"]


def test_an_engine_that_does_not_answer_fails(admin: Admin, tmp_path: Path) -> None:
    """One failed check with what to do, and the other parts are still looked at."""
    ended = admin("doctor", "--json", DOCKER_HOST=f"unix://{tmp_path}/nobody.sock")
    checks = _checks(ended.json)
    assert ended.status == 1
    assert checks["engine"]["state"] == "fail"
    assert "DOCKER_HOST" in checks["engine"]["advice"]
    assert checks["catalogue"]["state"] == "ok"


def test_a_missing_image_and_runtime_fail(admin: Admin) -> None:
    """What workers would ask the engine for is looked up by the same settings."""
    settings = {"CLOCHE_SANDBOX_IMAGE": "cloche-doctor-test:none", "CLOCHE_SANDBOX_RUNTIME": "nonsense"}
    checks = _checks(admin("doctor", "--json", **settings).json)
    assert checks["image"]["state"] == checks["runtime"]["state"] == "fail"
    assert "make setup" in checks["image"]["advice"]
    assert "runc" in checks["runtime"]["advice"]


def test_a_doubt_can_be_made_a_failure(admin: Admin) -> None:
    """CLOCHE_REQUIRE_PATCHED turns every warning about a version into a failure, and into nothing else."""
    usual = _checks(admin("doctor", "--json").json)
    strict = _checks(admin("doctor", "--json", CLOCHE_REQUIRE_PATCHED="1").json)
    versions = [name for name in usual if name.endswith("version")]
    assert [strict[name]["state"] for name in versions] == [
        "fail" if usual[name]["state"] == "warn" else usual[name]["state"] for name in versions
    ]


def test_no_worker_fails(admin: Admin) -> None:
    """Jobs would be accepted and wait: that is said."""
    checks = _checks(admin("doctor", "--json").json)
    assert checks["workers"]["state"] == "fail"


def test_a_worker_that_cannot_serve_fails(admin: Admin, redis_url: str) -> None:
    """A live worker's own complaint is passed on by its code."""
    with _worker(redis_url, fault="engine_unreachable"):
        checks = _checks(admin("doctor", "--json").json)
    assert checks["workers"]["state"] == "fail"
    assert "engine_unreachable" in checks["workers"]["found"]


def test_gpu_workers_are_told_with_their_devices(admin: Admin, redis_url: str) -> None:
    """None is fine and said; those that live are counted with the devices they own."""
    with _worker(redis_url):
        checks = _checks(admin("doctor", "--json").json)
        assert checks["gpu workers"]["state"] == "ok"
        assert "refused" in checks["gpu workers"]["found"]
        with _worker(redis_url, gpus=("0", "GPU-1")):
            checks = _checks(admin("doctor", "--json").json)
    assert checks["gpu workers"]["state"] == checks["workers"]["state"] == "ok"
    assert checks["gpu workers"]["found"] == "1 up, with 0, GPU-1"


def test_a_gpu_that_the_engine_cant_give_fails(admin: Admin, redis_url: str) -> None:
    """What the worker's heartbeat says comes with what to install; the other workers are well."""
    with _worker(redis_url), _worker(redis_url, gpus=("0",), fault="gpu_unavailable"):
        ended = admin("doctor", "--json")
    checks = _checks(ended.json)
    assert ended.status == 1
    assert checks["workers"]["state"] == "ok"
    assert checks["gpu workers"]["state"] == "fail"
    assert "gpu_unavailable" in checks["gpu workers"]["found"]
    assert "NVIDIA container toolkit" in checks["gpu workers"]["advice"]


def test_a_redis_that_is_away_fails(servers_environment: dict[str, str], own_redis: RedisServer) -> None:
    """One failed check with what to do instead of four."""
    own_redis.kill()
    ended = run_admin("doctor", "--json", environment=servers_environment)
    checks = _checks(ended.json)
    assert ended.status == 1
    assert checks["redis"]["state"] == "fail"
    assert not {"persistence", "eviction", "memory", "workers"} & set(checks)


@pytest.mark.parametrize(
    ("setting", "value", "name", "state"),
    [
        ("appendonly", "no", "persistence", "fail"),
        ("appendfsync", "everysec", "persistence", "warn"),
        ("appendfsync", "no", "persistence", "warn"),
        ("maxmemory-policy", "allkeys-lru", "eviction", "fail"),
    ],
)
def test_a_redis_that_may_lose_jobs_is_noticed(
    own_redis: RedisServer, setting: str, value: str, name: str, state: str
) -> None:
    """Each setting that breaks the promise of a 202 is found, with the line that mends it."""
    found = {finding.name: finding for finding in check_redis(own_redis.url)}
    assert found[name].state == "ok"
    redis.Redis.from_url(own_redis.url).config_set(setting, value)
    finding: Finding = {finding.name: finding for finding in check_redis(own_redis.url)}[name]
    assert finding.state == state
    assert setting in finding.advice


def test_redis_memory_is_looked_at(own_redis: RedisServer) -> None:
    """No limit and four fifths of the mark are warnings, above the mark jobs are refused: that fails."""
    connection = redis.Redis.from_url(own_redis.url)

    def memory(percent: float) -> Finding:
        used = memory_of(connection.info("memory")).used_bytes  # type: ignore[arg-type]
        connection.config_set("maxmemory", int(used * 100 / percent) if percent else 0)
        return {finding.name: finding for finding in check_redis(own_redis.url)}["memory"]

    assert [memory(percent).state for percent in (0, 50, 80, 95)] == ["warn", "ok", "warn", "fail"]
    assert "maxmemory" in memory(0).advice
    assert "refused above 90 %" in memory(95).found


def test_a_disk_below_its_reserve_fails(admin: Admin) -> None:
    """What the API refuses for is what doctor finds."""
    disk = _checks(admin("doctor", "--json", CLOCHE_DISK_RESERVE_BYTES=str(2**60)).json)["disk"]
    assert disk["state"] == "fail"
    assert "refused" in disk["found"]


def test_broken_storage_fails(admin: Admin, tmp_path: Path) -> None:
    """A catalogue that is no database and blobs that can't be written are two failed checks."""
    (tmp_path / "file").write_bytes(b"in the way" * 1000)
    ended = admin(
        "doctor",
        "--json",
        CLOCHE_DATABASE_URL=f"sqlite:///{tmp_path}/file",
        CLOCHE_BLOBS_URL=f"file://{tmp_path}/file",
    )
    checks = _checks(ended.json)
    assert ended.status == 1
    assert checks["catalogue"]["state"] == checks["blobs"]["state"] == "fail"


def test_a_catalogue_that_is_away_is_one_sentence(admin: Admin, tmp_path: Path) -> None:
    """Other commands end on it with exit status 2."""
    (tmp_path / "file").write_bytes(b"in the way" * 1000)
    ended = admin("tenants", "list", CLOCHE_DATABASE_URL=f"sqlite:///{tmp_path}/file")
    assert (ended.status, ended.out) == (2, "")
    assert len(ended.err.splitlines()) == 1


def test_batches_that_nobody_feeds_are_a_warning(admin: Admin, redis_url: str) -> None:
    """An open batch whose lease was over long ago is counted; one that is held, or has only been opened, is not."""
    connection = redis.Redis.from_url(redis_url)
    now = int(time.time() * 1000)
    connection.zadd("batches:open", {"bat_held": now + 5000, "bat_new": 0})
    connection.hset("batch:bat_new", "c", now)
    assert _checks(admin("doctor", "--json").json)["batches"]["state"] == "ok"
    connection.zadd("batches:open", {"bat_left": now - 60_000})
    connection.hset("batch:bat_left", "c", now - 120_000)
    check = _checks(admin("doctor", "--json").json)["batches"]
    assert (check["state"], check["found"]) == ("warn", "1 of 3 open batches are fed by nobody.")
    assert "cloche-pump" in check["advice"]
