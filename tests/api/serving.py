"""A real ``cloche-api`` over loopback, in a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from store.settings import StoreSettings
from tests.conftest import free_port

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Served:
    """A running ``cloche-api``."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def connect(self) -> socket.socket:
        """A bare connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)


@contextmanager
def serving(settings: StoreSettings, log: Path) -> Iterator[Served]:
    """The server over these stores for as long as the block runs."""
    port = free_port()
    environment = {
        **os.environ,
        "CLOCHE_DATA": str(settings.data),
        "CLOCHE_REDIS_URL": settings.redis_url,
        "CLOCHE_HOST": "127.0.0.1",
        "CLOCHE_PORT": str(port),
    }
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, "-m", "api.main"], cwd=ROOT, env=environment, stderr=output)
    found = Served(process, port, log)
    try:
        _until_up(found)
        yield found
    finally:
        process.kill()
        process.wait()


def _until_up(served: Served) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert served.process.poll() is None, served.log.read_text()
        try:
            if httpx.get(f"{served.url}/healthz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(served.log.read_text())


def eventually(condition: Callable[[], object], what: str) -> None:
    """Wait until it is so; fail with ``what`` when it never is."""
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until, what
        time.sleep(0.02)
