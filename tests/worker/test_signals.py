"""A worker heeds SIGTERM whatever it is doing, with real processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT, RedisServer


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    """A worker's environment: data of its own, no engine, no Redis yet."""
    folder = Path(tempfile.mkdtemp(prefix="cl-"))
    yield {
        **{k: v for k, v in os.environ.items() if not k.startswith("CLOCHE_")},
        "CLOCHE_DATA": str(folder / "data"),
        "CLOCHE_RUN_DIR": str(folder / "run"),
        "CLOCHE_REDIS_URL": f"unix://{folder}/redis.sock",
        "DOCKER_HOST": "unix:///nowhere/docker.sock",
        "PYTHONUNBUFFERED": "1",
    }
    shutil.rmtree(folder, ignore_errors=True)


def start(environment: dict[str, str]) -> subprocess.Popen[str]:
    """A worker process."""
    command = [sys.executable, "-m", "worker.main"]
    return subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def until(process: subprocess.Popen[str], event: str) -> None:
    """Read its log until the event; fail when it ends before."""
    assert process.stderr is not None
    for line in process.stderr:
        if event in line:
            return
    raise AssertionError(f"it ended before {event}: {process.wait()}")


def test_a_worker_that_waits_for_redis_stops_when_told(environment: dict[str, str]) -> None:
    """Without a Redis there is no loop to end: the worker still closes its parts and exits 0."""
    process = start(environment)
    until(process, "waiting_for_redis")
    process.terminate()
    until(process, "worker_stopped")
    assert process.wait(30) == 0


def test_a_worker_that_lost_redis_stops_when_told(environment: dict[str, str], own_redis: RedisServer) -> None:
    """The same after Redis went away under a running worker."""
    process = start({**environment, "CLOCHE_REDIS_URL": own_redis.url})
    until(process, "worker_started")
    own_redis.kill()
    until(process, "pulse_failed")
    process.terminate()
    until(process, "worker_stopped")
    assert process.wait(30) == 0
