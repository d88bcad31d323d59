"""Handing turns and upload checks to RQ. What RQ carries are hints: the truth is in the job records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import redis
from rq import Queue
from rq.serializers import JSONSerializer

if TYPE_CHECKING:
    from rq.job import Job

TURNS_QUEUE = "turns-cpu"
GPU_TURNS_QUEUE = "turns-gpu"
TURNS_QUEUE_KEY = f"rq:queue:{TURNS_QUEUE}"
GPU_TURNS_QUEUE_KEY = f"rq:queue:{GPU_TURNS_QUEUE}"
GPU_TOKEN = "gpu_"  # how the tokens of turns on a GPU begin; see common.lua
SERVE = "worker.turns.serve"
CHECK = "worker.checks.check"


@dataclass(frozen=True, slots=True)
class Queues:
    """What workers listen on, each on one: ``gpu`` those that own GPUs, ``cpu`` all others."""

    cpu: Queue
    gpu: Queue

    @classmethod
    def of(cls, connection: redis.Redis) -> Queues:
        """The queues on this connection. JSON, never pickle."""
        cpu, gpu = (
            Queue(name, connection=connection, serializer=JSONSerializer) for name in (TURNS_QUEUE, GPU_TURNS_QUEUE)
        )
        return cls(cpu=cpu, gpu=gpu)


def enqueue_turns(queues: Queues, issued: Sequence[Any], *, first: bool = False) -> int:
    """Hand the turns a script issued (version, token, version, token …) to RQ; how many.

    ``first``: before all others, themselves in this order.
    """
    tokens = [_text(token) for token in issued[1::2]]
    for token in reversed(tokens) if first else tokens:
        _enqueue(queues.gpu if token.startswith(GPU_TOKEN) else queues.cpu, SERVE, token, rq_id=token, first=first)
    return len(tokens)


def enqueue_check(queues: Queues, version_id: str, *, gpus: int = 0) -> None:
    """Ask a worker to load an uploaded version and say whether it can be served."""
    _enqueue(queues.gpu if gpus else queues.cpu, CHECK, version_id)


def _enqueue(queue: Queue, function: str, argument: str, *, rq_id: str | None = None, first: bool = False) -> Job:
    # No RQ time-out: turns end by their own slice, calls by their own clock. Nothing of RQ's is kept; what
    # waits for an hour is dropped by it and issued again by the reaper. A turn goes by its token there as well:
    # so the reaper sees whether it still waits.
    job = queue.enqueue_call(
        function,
        args=(argument,),
        timeout=-1,
        result_ttl=0,
        ttl=3600,
        failure_ttl=3600,
        job_id=rq_id,
        at_front=first,
    )
    queue.connection.publish("wake:any", argument)  # workers that linger see that somebody waits
    return job


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
