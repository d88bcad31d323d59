"""What breaks: each fault is done to a running engine, and leaves it as the accident would.

A fault says ``stand.broke`` as soon as it has broken something: from then on the time of recovery counts.
"""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable

import redis

from tests.faults import disk
from tests.faults.stand import Stand

LEASE_SECONDS = 3.5  # a worker silent for longer is taken for dead
Fault = Callable[[Stand], None]


def worker_killed(stand: Stand) -> None:
    """kill -9 of a worker, and of the reaper in it."""
    worker = stand.a_worker()
    stand.signal(worker, signal.SIGKILL)
    stand.broke(worker)


def workers_killed(stand: Stand) -> None:
    """kill -9 of all workers at once: nobody is left to reap."""
    workers = [part for part in stand.parts() if part.startswith("worker-")]
    for worker in workers:
        stand.signal(worker, signal.SIGKILL)
    stand.broke(*workers)


def worker_stopped(stand: Stand) -> None:
    """SIGTERM of a worker: it finishes or hands back what runs, and is gone."""
    worker = stand.a_worker()
    stand.signal(worker, signal.SIGTERM)
    stand.broke(worker)
    stand.await_end(worker)


def worker_paused(stand: Stand) -> None:
    """SIGSTOP of a worker beyond its lease; then it goes on with what others have by now."""
    worker = stand.a_worker()
    stand.signal(worker, signal.SIGSTOP)
    stand.broke(worker)
    time.sleep(LEASE_SECONDS + 1.5)
    stand.signal(worker, signal.SIGCONT)


def api_killed(stand: Stand) -> None:
    """kill -9 of the API, between admitting and answering if it so happens."""
    stand.signal("api", signal.SIGKILL)
    stand.broke()


def pump_killed(stand: Stand) -> None:
    """kill -9 of the pump, with batches half fed and half collected."""
    stand.signal("pump", signal.SIGKILL)
    stand.broke()


def courier_killed(stand: Stand) -> None:
    """kill -9 of the courier, with deliveries under way."""
    stand.signal("courier", signal.SIGKILL)
    stand.broke()


def redis_killed(stand: Stand) -> None:
    """kill -9 of Redis: what it acknowledged is in its append-only file."""
    stand.signal("redis", signal.SIGKILL)
    stand.broke()
    time.sleep(stand.random.uniform(0, 1))


def redis_away_for_long(stand: Stand) -> None:
    """Redis stands still for longer than a lease: every worker has been silent when it goes on."""
    stand.signal("redis", signal.SIGSTOP)
    stand.broke()
    time.sleep(LEASE_SECONDS + 1.0)
    stand.signal("redis", signal.SIGCONT)


def redis_full(stand: Stand) -> None:
    """Redis refuses to write for a while."""
    connection = stand.redis
    connection.config_set("maxmemory", "1")
    stand.broke()
    time.sleep(stand.random.uniform(0.3, 1.5))
    connection.config_set("maxmemory", "0")


def disk_full(stand: Stand) -> None:
    """Nothing can be written to the disk any more: Redis, which has to, ends; then there is room again."""
    disk.fill(stand.engine.data)
    stand.broke()
    time.sleep(stand.random.uniform(0.5, 2))
    disk.empty(stand.engine.data)


def connections_cut(stand: Stand) -> None:
    """Every connection to Redis is cut, twice."""
    for _ in range(2):
        with contextlib.suppress(redis.RedisError):
            stand.redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
            stand.redis.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        stand.broke()
        time.sleep(stand.random.uniform(0, 0.3))


def sandboxes_killed(stand: Stand) -> None:
    """kill -9 of what runs in two sandboxes."""
    stand.kill_a_sandbox()
    stand.kill_a_sandbox()
    stand.broke()


def engine_killed(stand: Stand) -> None:
    """kill -9 of the container engine, which starts again a moment later and ends what it finds."""
    stand.kill_docker()
    stand.broke()
    time.sleep(stand.random.uniform(0.2, 2))
    stand.start_docker()


def all_killed(stand: Stand) -> None:
    """kill -9 of every part at once, as if the power went."""
    for part in stand.parts():
        stand.signal(part, signal.SIGKILL)
    stand.broke()


FAULTS: dict[str, Fault] = {
    fault.__name__: fault
    for fault in (
        *(worker_killed, workers_killed, worker_stopped, worker_paused, api_killed, courier_killed, pump_killed),
        *(redis_killed, redis_away_for_long, redis_full, disk_full, connections_cut),
        *(sandboxes_killed, engine_killed, all_killed),
    )
}
