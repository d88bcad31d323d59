"""What breaks: each fault is done to a running engine, and leaves it as the accident would."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable

import redis

from tests.faults.stand import Stand

LEASE_SECONDS = 3.5  # a worker silent for longer is taken for dead
Fault = Callable[[Stand], None]


def worker_killed(stand: Stand) -> None:
    """kill -9 of a worker, and of the reaper in it."""
    stand.signal(stand.a_worker(), signal.SIGKILL)


def workers_killed(stand: Stand) -> None:
    """kill -9 of all workers at once: nobody is left to reap."""
    for part in stand.parts():
        if part.startswith("worker-"):
            stand.signal(part, signal.SIGKILL)


def worker_stopped(stand: Stand) -> None:
    """SIGTERM of a worker: it finishes or hands back what runs, and is gone."""
    worker = stand.a_worker()
    stand.signal(worker, signal.SIGTERM)
    stand.await_end(worker)


def worker_paused(stand: Stand) -> None:
    """SIGSTOP of a worker beyond its lease; then it goes on with what others have by now."""
    worker = stand.a_worker()
    stand.signal(worker, signal.SIGSTOP)
    time.sleep(LEASE_SECONDS + 1.5)
    stand.signal(worker, signal.SIGCONT)


def api_killed(stand: Stand) -> None:
    """kill -9 of the API, between admitting and answering if it so happens."""
    stand.signal("api", signal.SIGKILL)


def redis_killed(stand: Stand) -> None:
    """kill -9 of Redis: what it acknowledged is in its append-only file."""
    stand.signal("redis", signal.SIGKILL)
    time.sleep(stand.random.uniform(0, 1))


def redis_away_for_long(stand: Stand) -> None:
    """Redis stands still for longer than a lease: every worker has been silent when it goes on."""
    stand.signal("redis", signal.SIGSTOP)
    time.sleep(LEASE_SECONDS + 1.0)
    stand.signal("redis", signal.SIGCONT)


def redis_full(stand: Stand) -> None:
    """Redis refuses to write for a while."""
    connection = stand.redis
    connection.config_set("maxmemory", "1")
    time.sleep(stand.random.uniform(0.3, 1.5))
    connection.config_set("maxmemory", "0")


def connections_cut(stand: Stand) -> None:
    """Every connection to Redis is cut, twice."""
    for _ in range(2):
        with contextlib.suppress(redis.RedisError):
            stand.redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
            stand.redis.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        time.sleep(stand.random.uniform(0, 0.3))


def sandboxes_killed(stand: Stand) -> None:
    """kill -9 of what runs in two sandboxes."""
    stand.kill_a_sandbox()
    stand.kill_a_sandbox()


def all_killed(stand: Stand) -> None:
    """kill -9 of every part at once, as if the power went."""
    for part in stand.parts():
        stand.signal(part, signal.SIGKILL)


FAULTS: dict[str, Fault] = {
    fault.__name__: fault
    for fault in (
        *(worker_killed, workers_killed, worker_stopped, worker_paused, api_killed, redis_killed),
        *(redis_away_for_long, redis_full, connections_cut, sandboxes_killed, all_killed),
    )
}
