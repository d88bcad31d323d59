"""Redis: there, and keeping what was accepted; and who serves from it."""

from __future__ import annotations

import asyncio
from typing import Any

from redis import Redis
from redis.exceptions import RedisError, ResponseError

from admin.checks.finding import Finding, fail, ok, warn
from admin.installation import redis_client
from policies.limits import GIB
from store.capacity import memory_of
from store.errors import StoreError
from store.jobs.front import JobFront
from store.jobs.records import QueueHealth

Config = dict[str | None, str | None]  # as redis-py types what CONFIG GET answers

NEARLY = 0.8  # of where new jobs are refused
_GPU_ADVICE = (
    "The engine can't give sandboxes their GPU: install the NVIDIA driver and the NVIDIA container toolkit "
    "(`docker run --rm --gpus all --entrypoint nvidia-smi …` has to work), name devices that exist, and use a sandbox "
    "image whose PyTorch has CUDA. The GPU worker's log has the engine's words."
)
_START = "Start it (`make up`, or your service manager), or set CLOCHE_REDIS_URL to where it is."


def check_redis(url: str, *, full_percent: int = 90) -> tuple[Finding, ...]:
    """Redis, its persistence, eviction policy, memory and workers; only the first where it doesn't answer."""
    try:
        with redis_client(url) as client:
            info: dict[str, Any] = client.info()
            return (
                ok("redis", f"{info.get('redis_version', '?')}"),
                *_config(client, info),
                _memory(info, full_percent=full_percent),
                *_workers(url),
            )
    except (RedisError, OSError, ValueError) as exc:
        return (fail("redis", f"Redis does not answer ({str(exc).rstrip('.')}).", _START),)


def _config(client: Redis, info: dict[str, Any]) -> tuple[Finding, ...]:
    try:
        config = client.config_get("appendonly", "appendfsync", "maxmemory-policy")
    except ResponseError as exc:
        found = f"Redis does not show its configuration: {exc}."
        advice = "Make sure of appendonly yes, appendfsync always and maxmemory-policy noeviction."
        return (warn("persistence", found, advice), warn("eviction", found, advice))
    return (_persistence(config, info), _eviction(config))


def _persistence(config: Config, info: dict[str, Any]) -> Finding:
    name = "persistence"
    if config.get("appendonly") != "yes":
        return fail(name, "Accepted jobs are lost when Redis ends.", "Set `appendonly yes`.")
    if info.get("aof_last_write_status") not in (None, "ok"):
        return fail(name, "Redis could not write its append-only file.", "Look for a full or broken disk.")
    fsync = config.get("appendfsync")
    if fsync == "always":
        return ok(name, "append-only file, synced on every write")
    lost = "about a second of" if fsync == "everysec" else "half a minute of"
    found = f"appendfsync {fsync}: a power cut may lose {lost} accepted jobs."
    return warn(name, found, "Set `appendfsync always`.")


def _eviction(config: Config) -> Finding:
    policy = config.get("maxmemory-policy", "?")
    if policy == "noeviction":
        return ok("eviction", policy)
    found = f"maxmemory-policy {policy}: Redis drops accepted jobs when its memory is full."
    return fail("eviction", found, "Set `maxmemory-policy noeviction`.")


def _memory(info: dict[str, Any], *, full_percent: int) -> Finding:
    memory = memory_of(info)
    found = f"{memory.used_bytes / GIB:.2f} GiB of {memory.limit_bytes / GIB:.2f} GiB used"
    more = "Raise maxmemory, or lower the quotas kept_bytes, queued_bytes or result_seconds."
    if memory.percent > full_percent:
        return fail("memory", f"{found}: new jobs are refused above {full_percent} %.", more)
    if memory.percent > full_percent * NEARLY:
        return warn("memory", found, more)
    if not memory.bounded:
        advice = "Set `maxmemory` to what the machine can spare: where it has none, the kernel ends what it likes."
        return warn("memory", f"{found}; Redis has no maxmemory of its own.", advice)
    return ok("memory", found)


def _workers(url: str) -> tuple[Finding, ...]:
    try:
        health = asyncio.run(_health(url))
    except StoreError as exc:
        return (fail("workers", str(exc), _START),)
    return (_all_workers(health), gpu_workers(health))


def gpu_workers(health: QueueHealth) -> Finding:
    """Those that own GPUs. Having none is fine: versions that ask for one are refused at upload then."""
    name = "gpu workers"
    if not health.gpu_workers:
        return ok(name, "none: versions that ask for a GPU are refused")
    found = f"{health.gpu_workers} up, with {', '.join(health.gpus)}"
    if not health.gpu_faults:
        return ok(name, found)
    advice = _GPU_ADVICE if "gpu_unavailable" in health.gpu_faults else "Read the log of the GPU workers."
    return fail(name, f"{found}; faults: {', '.join(health.gpu_faults)}. Their jobs wait.", advice)


def _all_workers(health: QueueHealth) -> Finding:
    if health.live_workers == 0:
        return fail("workers", "No worker is up.", "Start one: `make up`, or `cloche-worker`.")
    found = f"{health.live_workers} up, {health.queued_jobs} jobs queued, {health.running_jobs} running"
    if health.worker_faults:
        advice = "The checks above say what to do; otherwise read the worker's log."
        return fail("workers", f"{found}; faults: {', '.join(health.worker_faults)}.", advice)
    return ok("workers", found)


async def _health(url: str) -> QueueHealth:
    front = JobFront(url)
    await front.start()
    try:
        return await front.health()
    finally:
        await front.close()
