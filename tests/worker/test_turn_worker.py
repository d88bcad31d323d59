"""RQ's loop around the turns."""

from __future__ import annotations

import threading

import redis
from rq import Queue
from rq.serializers import JSONSerializer

from store.jobs.turns import Queues
from worker.turn_worker import TurnWorker


def test_a_stop_that_came_before_the_loop_is_heeded(redis_url: str) -> None:
    """A signal between two rounds of RQ's loop only sets the stop: the next round takes nothing and returns."""
    connection = redis.Redis.from_url(redis_url)
    queue: Queue = Queues.of(connection).cpu
    queue.enqueue("time.sleep", 0)
    stop = threading.Event()
    worker = TurnWorker(connection, name="stopped", stop=stop)
    assert worker.serializer is JSONSerializer
    stop.set()
    worker.work(logging_level="WARNING")
    assert queue.count == 1
