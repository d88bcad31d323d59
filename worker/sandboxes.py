"""The sandboxes of one worker process: under which name, under which runtime, on which devices.

Nothing here needs the stores: a worker that starts asks the engine for its first sandbox before it imports them.
"""

from __future__ import annotations

import hashlib
import sys

import structlog

import sandbox.image
from sandbox import runtimes
from sandbox.devices import Claims, Devices
from sandbox.docker_driver import DockerDriver
from sandbox.engine import Engine
from sandbox.errors import EngineUnreachable, GpuTaken, RuntimeMissing
from sandbox.pool import Pool
from worker.settings import WorkerSettings

log = structlog.get_logger()


def refuse_other_runtimes(settings: WorkerSettings) -> None:
    """End the process with one sentence where CLOCHE_REQUIRE_RUNTIME is not what sandboxes would run under.

    An engine that is away can't be asked: its containers will name the required runtime all the same, and
    none starts without it.
    """
    if not (required := settings.require_runtime):
        return
    if settings.sandbox_runtime and settings.sandbox_runtime != required:
        sys.exit(
            f"cloche-worker: CLOCHE_REQUIRE_RUNTIME is {required!r} and CLOCHE_SANDBOX_RUNTIME is "
            f"{settings.sandbox_runtime!r}: name the same, or leave the second empty."
        )
    engine = Engine()
    try:
        runtimes.resolve(engine, required)
    except RuntimeMissing as exc:
        sys.exit(f"cloche-worker: CLOCHE_REQUIRE_RUNTIME is {required!r}, so no worker starts. {exc}")
    except EngineUnreachable as exc:
        log.warning("runtime_unknown", error=exc.code)
    finally:
        engine.close()


def claim_devices(settings: WorkerSettings) -> Claims:
    """The right to this worker's GPUs. Ends the process with one sentence where another worker has it."""
    assert settings.run_dir is not None
    try:
        return Claims(devices_of(settings), settings.run_dir / "gpus")
    except GpuTaken as exc:
        sys.exit(f"cloche-worker: {exc}")


def open_pool(settings: WorkerSettings) -> Pool:
    """The pool, its first sandbox on its way. Waits for nothing."""
    assert settings.run_dir is not None
    gpus = devices_of(settings)
    driver = DockerDriver(
        run_dir=settings.run_dir / "sandboxes",
        image=settings.sandbox_image or sandbox.image.tag(),
        owner=owner_tag(settings),
        runtime=settings.require_runtime or settings.sandbox_runtime or None,
        devices=Devices(gpus, share=settings.gpu_share) if gpus else None,
    )
    return Pool(driver, blanks=settings.blanks, memory_budget_bytes=settings.memory_budget_bytes)


def devices_of(settings: WorkerSettings) -> tuple[str, ...]:
    """The devices this worker owns."""
    return tuple(settings.gpus.split(",")) if settings.gpus else ()


def owner_tag(settings: WorkerSettings) -> str:
    """Tells this installation's containers from another's on the same engine.

    The run folder is what differs: it is the host's path even where the data folder is a container's
    ("/data" in every composed installation), and it holds the locks that say which workers live.
    """
    return hashlib.sha256(str(settings.run_dir).encode()).hexdigest()[:12]
