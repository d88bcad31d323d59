"""What a version that asks for a GPU may be refused for."""

from __future__ import annotations

from api.errors import Problem
from api.parts import Parts
from policies.quotas import Quotas


def over_quota(quotas: Quotas) -> Problem:
    """The answer to an upload or a job that asks for more GPUs than the tenant may use."""
    detail = f"This tenant may use {quotas.gpus} GPUs at once, and the model asks for one; ask the operator for it."
    return Problem("quota_gpus", detail, limit=quotas.gpus)


def no_worker() -> Problem:
    """The answer while no worker with a GPU lives: the job or the upload would wait for nobody."""
    return Problem("no_gpu_worker", "No GPU worker is up; ask the operator to start `cloche-worker --gpu`.")


async def refuse_without_worker(parts: Parts) -> None:
    """Raises no_gpu_worker where no worker with a GPU lives now, and RedisUnavailable."""
    if not (await parts.jobs.health()).gpu_workers:
        raise no_worker()
