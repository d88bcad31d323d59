"""Real parts for every test: a private Redis on a unix socket, a private data folder."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

ROOT = Path(__file__).parent.parent


def gpu_here() -> bool:
    """Whether this machine has a GPU that PyTorch can use: the tests in ``tests/gpu`` are for it."""
    if not Path("/dev/nvidiactl").exists():
        return False
    import torch  # seconds, and most machines are told apart above

    return bool(torch.cuda.is_available())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it where a whole part of the tests had nothing to run on."""
    terminalreporter.write_line("GPU tests: collected" if gpu_here() else "GPU tests: no GPU here")


class RedisServer:
    """One redis-server of the tests' own, durable like the real one; can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "redis.sock"
        self.url = f"unix://{self.socket}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        binary = shutil.which("redis-server")
        assert binary, "redis-server is not installed; run `make setup`"
        command = [binary, "--port", "0", "--unixsocket", str(self.socket), "--dir", str(self.folder), "--save", ""]
        command += ["--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"]
        log = (self.folder / "redis.log").open("ab")
        self._process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                if redis.Redis.from_url(self.url).ping():
                    return
            except redis.RedisError:
                time.sleep(0.02)
        raise AssertionError((self.folder / "redis.log").read_text())

    def kill(self) -> None:
        """kill -9: what was acknowledged must still be there after start()."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        self.socket.unlink(missing_ok=True)


@pytest.fixture(scope="session")
def short_dir() -> Iterator[Path]:
    """A folder with a short path: unix sockets live in it, and their paths end at 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="cl-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def redis_server(short_dir: Path) -> Iterator[RedisServer]:
    """The session's Redis. Use ``redis_url`` unless the test kills it."""
    folder = short_dir / "redis"
    folder.mkdir()
    server = RedisServer(folder)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The URL of a real, empty Redis."""
    redis.Redis.from_url(redis_server.url).flushall()
    return redis_server.url


@pytest.fixture
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis of this test's own, to be killed and restarted at will."""
    folder = Path(tempfile.mkdtemp(prefix="cl-"))
    server = RedisServer(folder)
    server.start()
    yield server
    server.kill()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio: it is what the API runs on."""
    return "asyncio"


class Engine:
    """A whole Cloche of the tests' own, as ``make up`` starts it: Redis, API, workers, courier, pump."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.data = folder / "data"
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("CLOCHE_")},
            "CLOCHE_DATA": str(self.data),
            "CLOCHE_RUN_DIR": str(folder / "run"),
            "CLOCHE_PORT": str(self.port),
            "CLOCHE_WEBHOOK_ALLOW": "127.0.0.0/8",
            **settings,
        }

    @property
    def redis_url(self) -> str:
        """Its Redis."""
        return f"unix://{self.environment['CLOCHE_RUN_DIR']}/redis.sock"

    def ops(self, verb: str) -> subprocess.CompletedProcess[str]:
        """``make up``, ``make down`` or ``make status``."""
        command = [sys.executable, "-m", "ops.engine", verb]
        return subprocess.run(command, env=self.environment, cwd=ROOT, capture_output=True, text=True, timeout=240)

    def up(self) -> None:
        """Start what is not running; fails the test with the engine's own words and logs."""
        done = self.ops("up")
        assert done.returncode == 0, done.stdout + done.stderr + self.logs()

    def down(self) -> None:
        """Stop everything."""
        self.ops("down")

    def logs(self) -> str:
        """The end of every part's log."""
        return "".join(f"\n--- {p.name}\n{p.read_text()[-3000:]}" for p in sorted(self.data.glob("logs/*")))

    def admin(self, *arguments: str) -> Any:
        """What ``cloche-admin … --json`` says."""
        command = [sys.executable, "-m", "admin.main", *arguments, "--json"]
        done = subprocess.run(command, env=self.environment, cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    def tenant(self, name: str) -> str:
        """A new tenant's key."""
        self.admin("tenants", "create", name)
        key: str = self.admin("keys", "create", name)["secret"]
        return key


def free_port() -> int:
    """A loopback port nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def engine(short_dir: Path) -> Iterator[Engine]:
    """The session's whole Cloche, on real Docker and real Redis."""
    running = Engine(short_dir / "engine")
    running.up()
    yield running
    running.down()
