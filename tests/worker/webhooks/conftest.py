"""A tenant in a real catalogue, jobs ended through the real job store, and couriers as processes."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from policies.quotas import Quotas
from store.catalog import Catalog, WebhookEndpoint
from store.deliveries import delivery_id
from store.ids import new_id
from store.jobs.back import JobBack, Settlement
from store.jobs.front import JobFront
from store.jobs.records import Admission, Admitted, Refused
from tests.attacks_webhooks.listener import eventually

COURIER = "from worker.courier import main; main()"


class CourierProcess:
    """``cloche-courier`` as a process of its own, which may reach loopback."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._log = log
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-c", COURIER], env={**os.environ, **environment}, stdout=out, stderr=out
            )

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """SIGTERM, and its exit code."""
        self._process.terminate()
        return self._process.wait(timeout=60)

    @property
    def log(self) -> str:
        """What it wrote so far."""
        return self._log.read_text()


class World:
    """One tenant, one Redis, and the couriers started for them."""

    def __init__(self, folder: Path, redis_url: str) -> None:
        self._folder = folder
        self.redis_url = redis_url
        self.redis = redis.Redis.from_url(redis_url)
        self.catalog = Catalog.open(f"sqlite:///{folder}/catalog.sqlite3")
        self.tenant = self.catalog.tenants.create("acme")
        self.couriers: list[CourierProcess] = []

    def courier(self, **environment: str) -> CourierProcess:
        """Start a courier; returns when it has joined the others."""
        known = self._beating()
        settings = {"CLOCHE_DATA": str(self._folder), "CLOCHE_REDIS_URL": self.redis_url}
        settings |= {"CLOCHE_WEBHOOK_ALLOW": "127.0.0.0/8", **environment}
        courier = CourierProcess(settings, self._folder / f"courier-{len(self.couriers)}.log")
        self.couriers.append(courier)
        eventually(lambda: bool(self._beating() - known))
        return courier

    def endpoint(self, url: str, *events: str, tenant_id: str = "") -> WebhookEndpoint:
        """Register an endpoint of the tenant."""
        owner = tenant_id or self.tenant.id
        made = self.catalog.endpoints.create(
            owner, url=url, events=events or ("*",), description="", quotas=Quotas(webhooks=100)
        )
        return made[0]

    def secret(self, endpoint: WebhookEndpoint) -> str:
        """What the endpoint's deliveries are signed with."""
        return self.catalog.endpoints.secrets(endpoint.id)[0].secret

    def _beating(self) -> set[Any]:
        return set(self.redis.zrange("deliveries:couriers", 0, -1))

    def end_jobs(
        self, *hooks: str, tenant_id: str = "", meanwhile: Callable[[], object] = lambda: None, **outcome: Any
    ) -> list[str]:
        """Admit a job for each URL and end them all; their ids. ``meanwhile`` happens before the first one runs."""
        tenant_id = tenant_id or self.tenant.id
        admitted = asyncio.run(self._admit(hooks, tenant_id))
        meanwhile()
        self._run_jobs(tenant_id, {"output": b'{"digit": 7}', **outcome})
        return admitted

    async def _admit(self, hooks: tuple[str, ...], tenant_id: str) -> list[str]:
        front = JobFront(self.redis_url)
        await front.start()
        try:
            listening = self.catalog.terms(tenant_id).listening
            admitted = [await front.admit(_admission(tenant_id, hook, listening)) for hook in hooks]
        finally:
            await front.close()
        assert not any(isinstance(each, Refused) for each in admitted), admitted
        return [each.job_id for each in admitted if isinstance(each, Admitted)]

    def _run_jobs(self, tenant_id: str, outcome: dict[str, Any]) -> None:
        back = JobBack(self.redis, worker="w1")
        back.heartbeat()
        [token] = [token.decode() for token in self.redis.smembers(f"turns:{tenant_id}")]
        assert back.begin(token)
        done: list[Settlement] = []
        while claims := back.settle(token, "ver_a", done, want=100).claims:
            done = [Settlement(claim, **{"ending": "succeeded", **outcome}) for claim in claims]
        back.end(token)

    def delivery(self, job_id: str) -> dict[str, str]:
        """The delivery of a job as Redis holds it."""
        return self.fields(f"dlv_{job_id.removeprefix('job_')}")

    def told(self, endpoint: WebhookEndpoint, job_id: str, *, event: str = "job.succeeded") -> dict[str, str]:
        """The delivery of a job's event to an endpoint."""
        return self.fields(delivery_id(job_id, event=event, endpoint_id=endpoint.id))

    def fields(self, found_id: str) -> dict[str, str]:
        """A delivery by its id."""
        fields = self.redis.hgetall(f"delivery:{found_id}")
        return {name.decode(): value.decode() for name, value in fields.items()}

    def wait_state(self, job_id: str, state: str) -> dict[str, str]:
        """The delivery once it is in that state."""
        eventually(lambda: self.delivery(job_id).get("state") == state)
        return self.delivery(job_id)

    def close(self) -> None:
        """End what was started."""
        for courier in self.couriers:
            courier.kill()
        self.catalog.close()


def _admission(tenant_id: str, hook: str, listening: int) -> Admission:
    return Admission(
        job_id=new_id("job"),
        tenant_id=tenant_id,
        model="digits",
        version_id="ver_a",
        version_number=3,
        generation=0,
        input_kind="json",
        payload=b"[1]",
        timeout_seconds=30.0,
        queued_limit=10_000,
        requests_per_minute=6_000_000,
        concurrency=1,
        result_seconds=600,
        webhook=hook or None,
        listening=listening,
    )


@pytest.fixture
def make_world(tmp_path: Path) -> Iterator[Callable[[str], World]]:
    """Makes the world on a Redis of the test's choice."""
    made: list[World] = []

    def make(redis_url: str) -> World:
        made.append(World(tmp_path, redis_url))
        return made[-1]

    yield make
    for world in made:
        for courier in world.couriers:
            print(courier.log)  # shown by pytest when the test failed
        world.close()


@pytest.fixture
def world(make_world: Callable[[str], World], redis_url: str) -> World:
    """The world on the session's Redis, emptied."""
    return make_world(redis_url)
