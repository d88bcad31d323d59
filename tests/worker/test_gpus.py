"""GPU workers on real Redis and a real catalogue: they serve what asks for a GPU, and nobody else does."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from policies.check import check
from sandbox.errors import GpuUnavailable
from sandbox.outcome import Outcome
from store import generations
from store.catalog import Version
from store.ids import new_id
from store.jobs.back import JobBack
from store.jobs.front import JobFront
from store.jobs.records import Admission, Admitted
from tests.worker.test_turns import SOURCE, Shop, wait_until
from worker.arguments import settings_from
from worker.settings import WorkerSettings
from worker.station import occupy
from worker.turn_worker import TurnWorker


class GpuShop(Shop):
    """A station that owns a device, of a tenant that may use one."""

    def __init__(self, url: str, folder: Path) -> None:
        super().__init__(url, folder)
        self.driver.places = 1
        self.station = replace(
            self.station,
            settings=WorkerSettings(slice_seconds=0.1, linger_seconds=0.3, gpus="0"),
            back=JobBack(self.redis, worker="w1", gpus=("0",)),
        )
        self.station.back.heartbeat()
        occupy(self.station)
        self.tenant_id = self.catalog.tenants.create("acme").id
        self.catalog.quotas.set(self.tenant_id, {"gpus": 1, "gpu_memory_bytes": 2**30})

    def on_gpu(self, *, status: str = "ready") -> Version:
        """A version that asks for a GPU."""
        made = self.catalog.models.add_version(
            self.tenant_id,
            new_id("ver"),
            source_sha256=self.blobs.put(SOURCE),
            weights_sha256=self.blobs.put(b"weights"),
            weights_bytes=7,
            source_bytes=len(SOURCE),
            config={"gpus": 1},
            verdict=check(SOURCE),
            status="checking",
        )
        if status == "ready":
            self.catalog.models.finish_check(made.id, status="ready", load_mode="plain")
        return self.found(made)

    def found(self, version: Version) -> Version:
        """The version as it stands."""
        version_now = self.catalog.models.version_by_id(version.id)
        assert version_now is not None
        return version_now

    def submit(self, version: Version, count: int) -> list[str]:
        """That many jobs on a GPU; their ids."""
        return asyncio.run(self._submit(version, count))

    async def _submit(self, version: Version, count: int) -> list[str]:
        front = JobFront(self.url)
        await front.start()
        ids = [new_id("job") for _ in range(count)]
        for job_id in ids:
            admission = Admission(
                job_id=job_id,
                tenant_id=version.tenant_id,
                model=version.model_name,
                version_id=version.id,
                version_number=version.number,
                generation=generations.current(self.redis, version.tenant_id),
                input_kind="json",
                payload=b"1",
                timeout_seconds=1.0,
                queued_limit=10**6,
                requests_per_minute=10**9,
                concurrency=1,
                result_seconds=60,
                gpus=1,
                gpus_limit=1,
            )
            assert isinstance(await front.admit(admission), Admitted)
        await asyncio.sleep(0)
        await front._in_thread(lambda _queues, _nothing: None, None)  # what was issued has reached RQ
        await front.close()
        return ids

    def work_on_gpu(self) -> None:
        """Let RQ run whatever is queued for GPU workers."""
        worker = TurnWorker(self.redis, name=new_id("trn"), stop=threading.Event(), gpu=True)
        worker.work(burst=True, logging_level="ERROR")


@pytest.fixture
def shop(redis_url: str, tmp_path: Path) -> Iterator[GpuShop]:
    """A fresh one."""
    shop = GpuShop(redis_url, tmp_path)
    yield shop
    shop.close()


def test_each_kind_of_worker_takes_its_own_turns(shop: GpuShop) -> None:
    """A worker without GPUs leaves GPU turns alone, and the other way round."""
    ids, plain = shop.submit(shop.on_gpu(), 3), shop.admit(shop.version("plain"), 2)
    shop.work()
    assert (shop.states(ids), shop.states(plain)) == ({"queued"}, {"succeeded"})
    more = shop.admit(shop.version("plain"), 2)
    shop.work_on_gpu()
    assert (shop.states(ids), shop.states(more)) == ({"succeeded"}, {"queued"})


def test_a_sandbox_on_a_gpu_gets_the_tenants_part_of_it(shop: GpuShop) -> None:
    """One device, and as much of its memory as the quota says."""
    shop.submit(shop.on_gpu(), 1)
    shop.work_on_gpu()
    (bound,) = [sandbox.bundle for sandbox in shop.driver.started if sandbox.bundle is not None]
    assert (bound.limits.gpus, bound.limits.gpu_memory_bytes) == (1, 2**30)


def test_seconds_on_a_gpu_are_written_as_such(shop: GpuShop) -> None:
    """The month's GPU seconds of the tenant are those its calls took there."""
    version = shop.on_gpu()
    shop.driver.behaviours[version.id] = lambda call: Outcome(call.id, "succeeded", output=b"1", wall_seconds=2.5)
    shop.submit(version, 4)
    shop.work_on_gpu()
    load = {name.decode(): int(value) for name, value in shop.redis.hgetall(f"load:{shop.tenant_id}").items()}  # type: ignore[union-attr]
    spent = {name.partition(":")[0]: value for name, value in load.items() if ":" in name}
    assert spent == {"run": 10_000_000, "gpu": 10_000_000}


def test_two_versions_take_turns_on_one_device(shop: GpuShop) -> None:
    """With one place and a quota of one, both are served, one sandbox at a time."""
    first, second = shop.on_gpu(), shop.on_gpu()
    ids = shop.submit(first, 5) + shop.submit(second, 5)
    shop.work_on_gpu()
    assert shop.states(ids) == {"succeeded"}
    assert sum(sandbox.alive for sandbox in shop.driver.started) == 1


def test_a_fault_on_the_device_costs_one_job_and_one_sandbox(shop: GpuShop) -> None:
    """The job that faults ends as crashed; the one behind it succeeds on a fresh sandbox on the same device."""
    version = shop.on_gpu()
    faults = iter(["crashed"])

    def once(call: object) -> Outcome:
        kind = next(faults, "succeeded")
        return Outcome(call.id, kind, output=b"1", message="The GPU faulted")  # type: ignore[attr-defined, arg-type]

    shop.driver.behaviours[version.id] = once
    bad, *good = shop.submit(version, 3)
    shop.work_on_gpu()
    assert (shop.job(bad).error_type, shop.states(good)) == ("crashed", {"succeeded"})
    assert {shop.job(job_id).attempts for job_id in good} == {1}


def test_a_check_of_a_gpu_version_is_a_gpu_workers(shop: GpuShop) -> None:
    """Its request goes into their queue, at upload as from the reaper, and is answered from there."""
    version = shop.on_gpu(status="checking")
    shop.station.back.enqueue_check(version.id, gpus=version.gpus)
    shop.work()
    assert shop.found(version).status == "checking"
    shop.work_on_gpu()
    assert shop.found(version).status == "ready"


def test_without_the_device_jobs_wait_and_go_on_by_themselves(shop: GpuShop) -> None:
    """The engine can't give the GPU: the pool says so, nothing is claimed, and all is served when it can again."""
    shop.station.pool.close()
    shop.driver.fault = GpuUnavailable()
    shop.station = replace(shop.station, pool=type(shop.station.pool)(shop.driver, blanks=1, memory_budget_bytes=2**40))
    occupy(shop.station)
    wait_until(lambda: shop.station.pool.fault == "gpu_unavailable")
    ids = shop.submit(shop.on_gpu(), 2)
    working = threading.Thread(target=shop.work_on_gpu)
    working.start()
    wait_until(lambda: shop.redis.scard("tokens:w1") == 1)
    assert shop.states(ids) == {"queued"}
    shop.driver.fault = None
    wait_until(lambda: shop.states(ids) == {"succeeded"})
    working.join(10)


def test_a_tenant_that_may_use_no_gpu_any_more_is_told(shop: GpuShop) -> None:
    """What was queued when the quota was taken back fails with the reason, and doesn't wait for ever."""
    ids = shop.submit(shop.on_gpu(), 2)
    shop.catalog.quotas.set(shop.tenant_id, {"gpus": 0})
    shop.work_on_gpu()
    assert {(shop.job(i).state, shop.job(i).error_type) for i in ids} == {("failed", "model_unavailable")}
    assert "GPU" in shop.job(ids[0]).error_message


@pytest.mark.parametrize(
    ("arguments", "environment", "gpus", "share"),
    [
        ([], {}, "", 1),
        (["--gpu", "0", "--gpu", "GPU-1a"], {}, "0,GPU-1a", 1),
        (["--gpu", "0,1"], {}, "0,1", 1),
        ([], {"CLOCHE_GPUS": "2, 3", "CLOCHE_GPU_SHARE": "4"}, "2,3", 4),
        (["--gpu", "0", "--gpu-share", "2"], {"CLOCHE_GPUS": "2", "CLOCHE_GPU_SHARE": "4"}, "0", 2),
    ],
)
def test_the_command_line_names_devices(
    arguments: list[str], environment: dict[str, str], gpus: str, share: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One by one or together, from there or from the environment, where the command line wins."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings = settings_from(arguments)
    assert (settings.gpus, settings.gpu_share) == (gpus, share)


@pytest.mark.parametrize("arguments", [["--gpu", "x"], ["--gpu", ""], ["--gpu-share", "0"], ["--gpus", "0"]])
def test_a_command_line_that_makes_no_sense_ends_the_process(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """With a sentence, before anything is opened."""
    with pytest.raises(SystemExit) as ended:
        settings_from(arguments)
    assert "cloche-worker" in f"{ended.value.code}{capsys.readouterr().err}"
