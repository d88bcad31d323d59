"""/healthz and /readyz: is the process up, and can it serve."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from api.errors import PROBLEMS, Problem
from api.parts import Parts, parts_of
from api.responses import json_response
from store.errors import StoreError

_NEEDED = ("redis", "catalog", "workers")  # what is said beside them keeps no other job from being served
SENTENCES = {
    "redis_unavailable": "Redis does not answer; check that it runs and that CLOCHE_REDIS_URL is right.",
    "catalog_unavailable": "The catalogue's database does not answer; check CLOCHE_DATABASE_URL.",
    "no_worker": "No worker has been heard of in the last seconds; start cloche-worker.",
    "engine_unreachable": "The workers can't reach the container engine; run cloche-admin doctor.",
}


async def healthz(_: Request) -> Response:
    """The process answers. Says nothing of what it depends on."""
    return json_response({"status": "ok"})


async def readyz(request: Request) -> Response:
    """Everything a job needs is up; otherwise 503 with the first thing that isn't, and the state of all.

    Being nearly full (``capacity``) is told, and is ready all the same: whoever reads or cancels has to get here.
    """
    parts = parts_of(request)
    checks = await _checks(parts)
    wrong = next((code for name, code in checks.items() if name in _NEEDED and code != "ok"), None)
    if wrong is None:
        return json_response({"status": "ready", "checks": checks})
    code = wrong if wrong in PROBLEMS else "worker_fault"
    raise Problem(code, SENTENCES.get(code, "The workers report a fault; run cloche-admin doctor."), checks=checks)


async def _checks(parts: Parts) -> dict[str, str]:
    checks = {"redis": "ok", "catalog": "ok", "workers": "ok"}
    try:
        await parts.threads.call(parts.catalog.ping)
    except StoreError:
        checks["catalog"] = "catalog_unavailable"
    try:
        health = await parts.jobs.health()
    except StoreError:
        return {**checks, "redis": "redis_unavailable", "workers": "unknown"}
    if not health.live_workers:
        checks["workers"] = "no_worker"
    elif health.worker_faults:
        checks["workers"] = health.worker_faults[0]
    full = parts.pressure.marks.queued_jobs
    checks["capacity"] = parts.pressure.full or ("engine_full" if 0 < full <= health.queued_jobs else "ok")
    checks["gpu_workers"] = "none" if not health.gpu_workers else (*health.gpu_faults, "ok")[0]
    return checks
