"""An engine to be broken: where its processes are, and how it is made whole again."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import docker
import docker.errors
import redis

from ops.part import running as part_is_running
from tests.conftest import Engine

WORKERS = 2
STOP_SECONDS = 30  # a worker lets its running calls end for 10


class Stand:
    """One whole Cloche in a folder of its own, with two workers."""

    def __init__(self, folder: Path, random: Random) -> None:
        self.engine = Engine(folder, CLOCHE_WORKERS=str(WORKERS))
        self.random = random
        self.unmended: list[str] = []  # what `make up` said where it failed
        self._run_dir = Path(self.engine.environment["CLOCHE_RUN_DIR"])
        self._docker = docker.from_env()

    @property
    def redis(self) -> redis.Redis:
        """A fresh connection: the last one may have been cut."""
        return redis.Redis.from_url(self.engine.redis_url, socket_timeout=10)

    def pid(self, part: str) -> int:
        """The process of a part: redis, api, worker-1, worker-2, courier."""
        number: int = json.loads((self._run_dir / f"{part}.pid").read_text())["pid"]
        return number

    def parts(self) -> list[str]:
        """Every part that was started."""
        return sorted(path.stem for path in self._run_dir.glob("*.pid"))

    def signal(self, part: str, number: signal.Signals) -> None:
        """Send a part a signal; one that is gone already needs none."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid(part), number)

    def await_end(self, part: str) -> None:
        """Return when the part's process is gone."""
        deadline = time.monotonic() + STOP_SECONDS
        while part_is_running(self._run_dir / f"{part}.pid"):
            assert time.monotonic() < deadline, f"{part} did not stop"
            time.sleep(0.05)

    def a_worker(self) -> str:
        """Any of them."""
        return f"worker-{self.random.randint(1, WORKERS)}"

    def kill_a_sandbox(self) -> None:
        """SIGKILL what runs in one of this engine's containers, through the container engine."""
        owner = hashlib.sha256(str(self._run_dir).encode()).hexdigest()[:12]
        found = self._docker.containers.list(filters={"label": f"cloche.owner={owner}"})
        with contextlib.suppress(docker.errors.APIError, IndexError):  # it ended by itself, or there is none yet
            self.random.choice(sorted(found, key=lambda c: c.id)).kill()

    def mend(self) -> None:
        """Start again whatever is dead. Nothing that lives is touched."""
        done = self.engine.ops("up")
        if done.returncode != 0:
            self.unmended.append(done.stdout + done.stderr)


@contextlib.contextmanager
def stand(random: Random) -> Iterator[Stand]:
    """A running one, taken down at the end with everything it had."""
    folder = Path(tempfile.mkdtemp(prefix="cl-"))
    made = Stand(folder, random)
    try:
        made.engine.up()
        yield made
    finally:
        for part in made.parts():
            made.signal(part, signal.SIGCONT)  # a paused part can't be asked to stop
        made.engine.down()
        shutil.rmtree(folder, ignore_errors=True)
