"""Large inputs and outputs through the whole engine, and results that are really gone when their time is over."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

import httpx
import redis

import cloche
from tests.conftest import Engine
from tests.e2e.conftest import Customer

MIB = 2**20


def payloads(engine: Engine) -> set[str]:
    """The names of what lies in the blob store besides models."""
    return {path.name for path in (engine.data / "blobs" / "payloads").glob("*/*")}


class Peak:
    """How much memory the API process takes at most while the block runs, beyond what it had before."""

    def __init__(self, engine: Engine) -> None:
        record = Path(engine.environment["CLOCHE_RUN_DIR"]) / "api.pid"
        self._proc = Path("/proc") / str(json.loads(record.read_text())["pid"])

    def __enter__(self) -> Peak:
        (self._proc / "clear_refs").write_text("5")  # the peak is counted from here
        self._before = self._kibibytes("VmRSS")
        return self

    def __exit__(self, *_: object) -> None:
        self.grown_bytes = (self._kibibytes("VmHWM") - self._before) * 1024

    def _kibibytes(self, name: str) -> int:
        lines = (self._proc / "status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def gone(engine: Engine, job_id: str) -> bool:
    """Nothing of the job is left, in Redis or in the blob store."""
    connection = redis.Redis.from_url(engine.redis_url)
    keys = [key for key in connection.scan_iter(count=1000) if job_id.encode() in key]
    return not keys and not any(name.startswith(job_id) for name in payloads(engine))


def eventually(condition: Any) -> None:
    """Return when it holds; fail when it never does."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it never came to pass"
        time.sleep(0.1)


def test_a_hundred_mebibytes_there_and_back(engine: Engine) -> None:
    """With raised quotas, 100 MiB go to the model and come back whole; neither Redis nor the API ever holds them."""
    customer = Customer(engine, engine.tenant("large"))
    limits = {"input_bytes": 128 * MIB, "output_bytes": 128 * MIB, "queued_bytes": 512 * MIB, "kept_bytes": 512 * MIB}
    engine.admin("quotas", "set", "large", *[f"{name}={value}" for name, value in limits.items()])
    name = customer.ready("return bytes(reversed(x))")
    content = os.urandom(100 * MIB)
    before = redis.Redis.from_url(engine.redis_url).info("memory")["used_memory"]
    with Peak(engine) as peak, cloche.Client(engine.url, customer.key) as client:
        job = client.submit(name, content)
        assert hashlib.sha256(job.result(timeout=120)).digest() == hashlib.sha256(content[::-1]).digest()
        after = redis.Redis.from_url(engine.redis_url).info("memory")["used_memory"]
        assert after - before < 8 * MIB
        seen = job.to_dict()
        assert (seen["output"], seen["output_bytes"]) == (None, 100 * MIB)
        with httpx.stream("GET", engine.url + seen["urls"]["output"], headers={"Range": "bytes=-1000"}) as part:
            assert (part.status_code, part.read()) == (206, content[:1000][::-1])
    assert peak.grown_bytes < 48 * MIB


def test_a_large_json_output_is_json(customer: Customer, engine: Engine) -> None:
    """Lists that are too large for the job's JSON are lists all the same for who asks through the SDK."""
    name = customer.ready("return [x] * 200_000")
    with cloche.Client(engine.url, customer.key) as client:
        assert client.predict(name, "abc") == ["abc"] * 200_000


def test_expired_results_are_gone(engine: Engine) -> None:
    """After the result lifetime, neither Redis nor the disk holds anything of a job, and every address says so."""
    customer = Customer(engine, engine.tenant("brief"))
    engine.admin("quotas", "set", "brief", "result_seconds=2")
    name = customer.ready("return x * 2")
    job = customer.http.post(f"/v1/models/{name}/jobs", content=os.urandom(MIB), headers={"Prefer": "wait=60"}).json()
    assert (job["status"], job["output_bytes"]) == ("succeeded", 2 * MIB), job
    eventually(lambda: gone(engine, job["id"]))
    assert customer.http.get(job["urls"]["self"]).status_code == 404
    assert httpx.get(engine.url + job["urls"]["output"]).status_code in (403, 404)
