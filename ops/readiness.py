"""Whether a part answers: the API's own judgement, Redis's PONG, a free port."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Collection
from pathlib import Path
from typing import cast

# No proxy of this machine's settings is asked: the API is here.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def api_trouble(url: str, *, timeout_seconds: float = 5.0) -> str | None:
    """Why the installation isn't ready, as the API says it; None when ``/readyz`` answers 200."""
    try:
        with _OPENER.open(f"{url}/readyz", timeout=timeout_seconds) as answer:
            return None if answer.status == 200 else f"/readyz answered {answer.status}"
    except urllib.error.HTTPError as exc:
        return _detail(exc.read(), status=exc.code)
    except OSError as exc:
        return f"the API does not answer at {url} ({getattr(exc, 'reason', exc)})"


def _detail(body: bytes, *, status: int) -> str:
    try:
        problem = json.loads(body)
        return str(problem.get("detail") or problem.get("title") or problem)
    except (ValueError, AttributeError):
        return f"/readyz answered {status}"


def silent_workers(redis_url: str, *, pids: Collection[int]) -> set[int]:
    """Which of these worker processes have not been heard of yet.

    The API is ready with any one worker, and for seconds after it died; a worker just started counts from its
    first heartbeat on.
    """
    import redis  # late: `make status` does without

    try:
        with redis.Redis.from_url(redis_url) as client:
            names = cast("list[bytes]", client.zrange("workers", 0, -1))
    except redis.RedisError:
        return set(pids)
    heard = {int(name.decode().rsplit("-", 2)[1]) for name in names}  # HOST-PID-RANDOM, as the worker names itself
    return set(pids) - heard


def redis_answers(path: Path) -> bool:
    """True when the Redis on this unix socket has loaded its data and serves."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(2.0)
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
    except OSError:
        return False


def port_is_free(host: str, port: int) -> bool:
    """True when a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: a closing connection is no server
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
