"""Two tenants that keep asking while things break, and remember everything that was accepted."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

import httpx

from tests.conftest import Engine
from tests.e2e.conftest import Customer, source
from tests.faults.batches import LINES, LINES_CUT, Batch

SLOW = "time.sleep(0.02)\nreturn x"
MEMORY_BYTES = 512 * 2**20  # so that one worker can have all models bound when it is the only one
PATIENCE_SECONDS = 90.0
TERMINAL = ("succeeded", "failed", "canceled", "expired")


@dataclass
class Accepted:
    """A promise: this tenant's job with this input was accepted."""

    tenant: Tenant
    job_id: str
    value: str
    told: bool = False  # its end is to be told to a webhook
    ended: dict[str, Any] | None = None


class Tenant:
    """One tenant with an instant model and one of 20 ms. For one thread at a time."""

    def __init__(self, customer: Customer, *, name: str, tenant_id: str, echo: str, slow: str) -> None:
        self.customer, self.name, self.id = customer, name, tenant_id
        self.echo, self.slow = echo, slow
        self.accepted: list[Accepted] = []
        self.batches: list[Batch] = []
        self.refused = 0  # answers that were no promise: 503, or none at all
        self._serial = 0

    @classmethod
    def create(cls, engine: Engine, name: str) -> Tenant:
        """A new one, its models ready."""
        tenant_id: str = engine.admin("tenants", "create", name)["id"]
        customer = Customer(engine, engine.admin("keys", "create", name)["secret"])
        slow, version = customer.upload(
            source(SLOW, imports="import time\nimport torch\nfrom torch import nn\n"), memory_bytes=MEMORY_BYTES
        )
        assert version["status"] == "ready", version
        echo = customer.ready("return x", memory_bytes=MEMORY_BYTES)
        return cls(customer, name=name, tenant_id=tenant_id, echo=echo, slow=slow)

    def twin(self, engine: Engine) -> Tenant:
        """The same tenant with a connection and an account of its own, for another thread."""
        customer = Customer(engine, self.customer.key)
        return Tenant(customer, name=f"{self.name}2", tenant_id=self.id, echo=self.echo, slow=self.slow)

    def submit(self, model: str, *, wait: int = 0, webhook: str = "") -> dict[str, Any]:
        """One job, asked for again under the same key until it is accepted; the job as answered."""
        self._serial += 1
        value = f"{self.name} {self._serial}"
        headers = {"Idempotency-Key": value.replace(" ", "-")} | ({"Prefer": f"wait={wait}"} if wait else {})
        body = {"input": value} | ({"webhook": webhook} if webhook else {})
        answer = self.insist("POST", f"/v1/models/{model}/jobs", json=body, headers=headers)
        job: dict[str, Any] = answer.json()
        self.accepted.append(Accepted(self, job["id"], value, told=bool(webhook)))
        return job

    def job(self, job_id: str, *, wait: int = 0) -> dict[str, Any]:
        """The job as it stands after ``wait`` seconds at most."""
        headers = {"Prefer": f"wait={wait}"} if wait else {}
        found: dict[str, Any] = self.insist("GET", f"/v1/jobs/{job_id}", headers=headers).json()
        return found

    def hand_in(self, *, count: int, webhook: str) -> Batch:
        """A batch; accepted when this returns."""
        name = f"{self.name} batch {len(self.batches)}"
        self.batches.append(Batch.hand_in(self, name, count=count, webhook=webhook))
        return self.batches[-1]

    def insist(self, method: str, path: str, *, also: tuple[int, ...] = (), **options: Any) -> httpx.Response:
        """What a client does: nothing was promised yet, so ask again. Anything but 503 and silence is an answer.

        It must be a good one, or one of ``also``.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                answer = self.customer.http.request(method, path, **options)
            except httpx.TransportError:
                self.customer.http.close()
                self.customer.http = httpx.Client(
                    base_url=self.customer.http.base_url, headers=self.customer.http.headers, timeout=90
                )
            else:
                if answer.status_code != 503:
                    expected = answer.status_code in (200, 202, *also)
                    assert expected, f"{method} {path}: {answer.status_code} {answer.text}"
                    return answer
            self.refused += 1
            assert time.monotonic() < deadline, f"{method} {path}: no answer for {PATIENCE_SECONDS:.0f} s"
            time.sleep(0.05)


class Traffic:
    """Every tenant submits in a thread of its own, as fast as it is answered, until its share is accepted.

    Each begins with a batch. The second tenant's is long, and canceled ``cut_after`` seconds after its last job.
    """

    def __init__(self, tenants: list[Tenant], *, jobs_each: int, webhook: str, cut_after: float) -> None:
        self._webhook, self._cut_after = webhook, cut_after
        self._errors: list[BaseException] = []
        self._threads = [
            threading.Thread(target=self._submit, args=(tenant, jobs_each, cut), name=tenant.name)
            for tenant, cut in zip(tenants, (False, True), strict=True)
        ]

    def __enter__(self) -> Traffic:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        for thread in self._threads:
            thread.join()
        if self._errors:
            raise self._errors[0]

    def _submit(self, tenant: Tenant, count: int, cut: bool) -> None:
        try:
            batch = tenant.hand_in(count=LINES_CUT if cut else LINES, webhook=self._webhook)
            for number in range(count):
                tenant.submit(
                    tenant.slow if number % 2 == 0 else tenant.echo, webhook=self._webhook if number % 5 == 0 else ""
                )
            if cut:
                time.sleep(self._cut_after)
                batch.cancel()
        except BaseException as exc:
            self._errors.append(exc)
