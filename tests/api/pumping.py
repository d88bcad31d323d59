"""Pumps as processes, and a worker that answers what they feed: for the tests of batches."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis

from store.errors import StoreError
from store.jobs.back import Claim, JobBack, Settlement
from tests.api.conftest import Installation
from worker.payloads import fetch, keep

Answer = Callable[[Claim], Settlement]


def double(claim: Claim) -> Settlement:
    """Twice a number; "raise" fails, everything else comes back as it is."""
    value = json.loads(claim.payload)
    if value == "raise":
        return Settlement(claim, "failed", error_type="model_error", error_message="as asked")
    output = json.dumps(value * 2 if isinstance(value, int) else value).encode()
    return Settlement(claim, "succeeded", predict_seconds=0.001, output=output)


class Pump:
    """``cloche-pump`` as a process of its own."""

    def __init__(self, installation: Installation, folder: Path, number: int = 0) -> None:
        settings = installation.settings
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CLOCHE_")},
            "CLOCHE_DATA": str(settings.data),
            "CLOCHE_REDIS_URL": settings.redis_url,
        }
        self._log = folder / f"pump-{number}.log"
        with self._log.open("ab") as log:
            command = [sys.executable, "-m", "worker.pump"]
            self._process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def stop(self) -> int:
        """SIGTERM, and its exit status."""
        self._process.terminate()
        return self._process.wait(timeout=30)

    @property
    def log(self) -> str:
        """What it wrote so far."""
        return self._log.read_text()


class Server:
    """A thread that serves every turn there is, as workers do; counts how often each job was run."""

    def __init__(self, installation: Installation, answer: Answer = double) -> None:
        self.runs: dict[str, int] = {}
        self.most_queued = 0
        self._installation = installation
        self._answer = answer
        self._connection = redis.Redis.from_url(installation.settings.redis_url)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        back = JobBack(self._connection, worker="server")
        while not self._stop.is_set():
            try:
                back.heartbeat()
                back.reap()
                for token in self._connection.zrange("turns:issued", 0, -1):  # type: ignore[union-attr]
                    self._serve(back, token.decode())
                # What was in hand when Redis went away is given back: this worker holds nothing between two rounds.
                back.recover()
                for token in self._connection.smembers("tokens:server"):  # type: ignore[union-attr]
                    back.end(token.decode())
            except redis.RedisError:
                time.sleep(0.1)
            time.sleep(0.005)

    def _serve(self, back: JobBack, token: str) -> None:
        begun = back.begin(token)
        if begun is None:
            return
        outcomes: list[Settlement] = []
        while not self._stop.is_set():
            load = self._connection.hget(f"load:{begun[1]}", "queued") or b"0"
            self.most_queued = max(self.most_queued, int(load))  # type: ignore[arg-type]
            settled = back.settle(token, begun[0], outcomes, want=16)
            if settled.over or not settled.claims:
                break
            outcomes = [self._one(claim) for claim in settled.claims]
        back.end(token)

    def _one(self, claim: Claim) -> Settlement:
        self.runs[claim.job_id] = self.runs.get(claim.job_id, 0) + 1
        try:
            (whole,) = fetch(self._installation.payloads, [claim]).claims
        except (StoreError, ValueError):
            return Settlement(claim, "retry")
        done = self._answer(whole)
        return keep(
            self._installation.payloads, done, inline_bytes=self._installation.settings.inline_bytes, stop=self._stop
        )


def lines(*values: Any) -> bytes:
    """JSON Lines of these inputs."""
    return b"".join(json.dumps({"input": value}).encode() + b"\n" for value in values)


def eventually(condition: Callable[[], bool], *, seconds: float = 60.0) -> None:
    """Return when it holds; fail when it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to pass"
        time.sleep(0.05)
