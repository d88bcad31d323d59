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
from collections.abc import Collection, Iterator
from pathlib import Path
from random import Random

import docker
import docker.errors
import redis

from ops.part import running as part_is_running
from sandbox.image import build
from tests.conftest import Engine
from tests.faults.disk import small_disk
from tests.faults.own_docker import OwnDocker, own_docker

WORKERS = 2
STOP_SECONDS = 30  # a worker lets its running calls end for 10


class Stand:
    """One whole Cloche in a folder of its own, with two workers; with a container engine of its own if given."""

    def __init__(self, folder: Path, random: Random, own: OwnDocker | None = None) -> None:
        host = {"DOCKER_HOST": own.host} if own else {}
        self.engine = Engine(folder, CLOCHE_WORKERS=str(WORKERS), **host)
        self.random = random
        self.unmended: list[str] = []  # what `make up` said where it failed
        self.broken_ms = 0.0  # when the last fault broke something, ms since 1970
        self.held: set[str] = set()  # jobs in the hands of the workers it broke
        self._own = own
        self._run_dir = Path(self.engine.environment["CLOCHE_RUN_DIR"])
        self._docker = docker.DockerClient(base_url=own.host) if own else docker.from_env()

    @property
    def redis(self) -> redis.Redis:
        """A fresh connection: the last one may have been cut."""
        return redis.Redis.from_url(self.engine.redis_url, socket_timeout=10)

    @property
    def redis_folder(self) -> Path:
        """Where Redis keeps its append-only file."""
        return self.engine.data / "redis"

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

    def broke(self, *workers: str) -> None:
        """Something is broken from now on; with it these workers, and what they hold."""
        if not self.broken_ms:
            self.broken_ms = time.time() * 1000
        for worker in workers:
            for claims in self.redis.scan_iter(f"claims:*-{self.pid(worker)}-*", count=1000):
                self.held |= {item.decode() for item in self.redis.smembers(claims)}  # type: ignore[union-attr]

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
        found = self._docker.containers.list(filters={"label": f"cloche.owner={owner}"}, ignore_removed=True)
        with contextlib.suppress(docker.errors.APIError, IndexError):  # it ended by itself, or there is none yet
            self.random.choice(sorted(found, key=lambda c: c.id)).kill()

    def kill_docker(self) -> None:
        """kill -9 of the container engine."""
        assert self._own is not None, "this stand uses the machine's container engine"
        self._own.kill()

    def start_docker(self) -> None:
        """The container engine starts again, as its service manager would have it."""
        assert self._own is not None
        self._own.start()

    def mend(self) -> None:
        """Start again whatever is dead. Nothing that lives is touched."""
        done = self.engine.ops("up")
        if done.returncode != 0:
            self.unmended.append(done.stdout + done.stderr)


@contextlib.contextmanager
def stand(random: Random, faults: Collection[str]) -> Iterator[Stand]:
    """A running one for these faults, taken down at the end with everything it had."""
    with contextlib.ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="cl-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        if "disk_full" in faults:
            stack.enter_context(small_disk(folder / "data"))
        own = stack.enter_context(own_docker(build.build(say=print))) if "engine_killed" in faults else None
        made = Stand(folder, random, own)
        stack.callback(_take_down, made)
        made.engine.up()
        yield made


def _take_down(made: Stand) -> None:
    for part in made.parts():
        made.signal(part, signal.SIGCONT)  # a paused part can't be asked to stop
    made.engine.down()
