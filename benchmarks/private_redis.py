"""A Redis of a benchmark's own: durable like the engine's, empty, gone afterwards."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from ports import wait_until


@contextmanager
def private_redis() -> Iterator[str]:
    """Its URL, for as long as the block lasts."""
    with tempfile.TemporaryDirectory(prefix="cl-") as folder:
        socket = Path(folder) / "redis.sock"
        command = ["redis-server", "--port", "0", "--unixsocket", str(socket), "--dir", folder, "--save", ""]
        command += ["--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"]
        with (Path(folder) / "redis.log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            wait_until(lambda: _answers(f"unix://{socket}"), seconds=10, what="Redis")
            yield f"unix://{socket}"
        finally:
            process.kill()
            process.wait()


def _answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url) as connection:
            return bool(connection.ping())
    except redis.RedisError:
        return False
