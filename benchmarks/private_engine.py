"""A whole engine of the benchmarks' own: its data in a temporary folder, its port a free one, a tenant and a key."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import docker
import httpx
import numpy as np
import redis
from ports import free_port, wait_until
from safetensors.numpy import save

from store.settings import default_run_dir
from worker.sandboxes import owner_tag
from worker.settings import WorkerSettings

ROOT = Path(__file__).resolve().parents[1]
ECHO = ROOT / "examples" / "echo" / "model.py"
WEIGHTS = {"nothing": np.zeros(1, dtype=np.float32)}
QUIET_SECONDS = 3.0  # sandboxes neither come nor go for so long: those wanted are there


@dataclass(frozen=True, slots=True)
class Engine:
    """A running engine and a key to it."""

    url: str
    key: str
    data: Path
    environment: dict[str, str]

    def client(self) -> httpx.Client:
        """An HTTP client with the key."""
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {self.key}"}, timeout=60)

    def tenant(self, name: str, **quotas: int) -> Engine:
        """The same engine with the key of a new tenant."""
        _admin(self.environment, "tenants", "create", name)
        if quotas:
            _admin(self.environment, "quotas", "set", name, *(f"{quota}={value}" for quota, value in quotas.items()))
        key = json.loads(_admin(self.environment, "keys", "create", name, "--json"))["secret"]
        return replace(self, key=key)

    def upload_echo(self, name: str) -> None:
        """Upload the echo model and return once it is ready."""
        self.upload(name, ECHO.read_bytes())

    def upload(self, name: str, source: bytes) -> None:
        """Upload a model without weights and return once it is ready."""
        files = {"source": ("model.py", source), "weights": ("model.safetensors", save(WEIGHTS))}
        with self.client() as client:
            answer = client.post("/v1/models", data={"name": name}, files=files)
            if answer.status_code != 201:
                sys.exit(f"The model was not taken: {answer.status_code} {answer.text}")
            version = {"status": "checking"}
            while version["status"] == "checking":
                time.sleep(0.01)
                version = client.get(f"/v1/models/{name}/versions/1").json()
            if version["status"] != "ready":
                sys.exit(f"The model did not become ready: {json.dumps(version)}")

    def queued(self) -> int:
        """How many jobs wait in the whole engine."""
        with redis.Redis(unix_socket_path=f"{default_run_dir(self.data.resolve())}/redis.sock") as connection:
            return int(connection.hget("stats", "queued") or 0)  # type: ignore[arg-type]  # the stub's is for asyncio too

    def synced_write_seconds(self) -> float:
        """The median time of one write to the engine's Redis, which has it on disk before it answers."""
        with redis.Redis(unix_socket_path=f"{default_run_dir(self.data.resolve())}/redis.sock") as connection:
            return statistics.median(_seconds(connection, number) for number in range(200))

    def restart(self) -> None:
        """Down and up again: no sandbox of before is left, warm or blank."""
        _ops("down", self.environment)
        _ops("up", self.environment)
        self.settle()

    def settle(self) -> None:
        """Wait until the sandboxes that are kept ready are there."""
        engine = docker.from_env()
        owner = owner_tag(cast("WorkerSettings", WorkerSettings(data=self.data).resolved()))
        seen: tuple[set[str], float] = (set(), time.monotonic())

        def quiet() -> bool:
            nonlocal seen
            found = {c.id for c in engine.containers.list(filters={"label": f"cloche.owner={owner}"})}
            if found != seen[0]:
                seen = (found, time.monotonic())
            time.sleep(0.1)
            return time.monotonic() - seen[1] >= QUIET_SECONDS

        wait_until(quiet, seconds=60, what="the set of sandboxes")
        engine.close()


@contextmanager
def running(**environment: str) -> Iterator[Engine]:
    """An engine for as long as the block lasts; everything of it is gone afterwards."""
    data = Path(tempfile.mkdtemp(prefix="cloche-bench-"))
    port = free_port()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CLOCHE_")}
    env = {**inherited, "CLOCHE_DATA": str(data), "CLOCHE_PORT": str(port), **environment}
    _ops("up", env)
    try:
        _admin(env, "tenants", "create", "bench")
        key = json.loads(_admin(env, "keys", "create", "bench", "--json"))["secret"]
        yield Engine(url=f"http://127.0.0.1:{port}", key=key, data=data, environment=env)
    finally:
        _ops("down", env)
        shutil.rmtree(data, ignore_errors=True)


def _seconds(connection: redis.Redis, number: int) -> float:
    begun = time.perf_counter()
    connection.set("bench:write", number, ex=60)
    return time.perf_counter() - begun


def _ops(verb: str, env: dict[str, str]) -> None:
    subprocess.run([sys.executable, "-m", "ops.engine", verb], env=env, cwd=ROOT, check=True, stdout=sys.stderr)


def _admin(env: dict[str, str], *arguments: str) -> str:
    command = [str(Path(sys.executable).parent / "cloche-admin"), *arguments]
    return subprocess.run(command, env=env, cwd=ROOT, check=True, capture_output=True, text=True).stdout
