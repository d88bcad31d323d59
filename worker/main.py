"""``cloche-worker``: takes turns from RQ and serves them from sandboxes."""

from __future__ import annotations

import hashlib
import os
import secrets
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence

import redis
import structlog

import sandbox.image
from policies.isolated import check_isolated
from sandbox import runtimes
from sandbox.devices import Claims, Devices
from sandbox.docker_driver import DockerDriver
from sandbox.engine import Engine
from sandbox.errors import EngineUnreachable, GpuTaken, RuntimeMissing
from sandbox.pool import Pool
from store.blobs import Blobs
from store.catalog import Catalog
from store.jobs.back import JobBack
from store.logs import configure_logs
from store.payloads import Doomed, Payloads
from worker.arguments import settings_from
from worker.bell import Bell
from worker.bundles import Bundles
from worker.janitor import Janitor
from worker.ledger import LedgerWriter
from worker.printing import Printing
from worker.pulse import Pulse
from worker.running import Running
from worker.settings import WorkerSettings
from worker.station import Station, occupy
from worker.turn_worker import TurnWorker

log = structlog.get_logger()


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM. Survives Redis and the engine going away and coming back."""
    configure_logs()
    settings = settings_from(sys.argv[1:] if arguments is None else arguments)
    refuse_other_runtimes(settings)
    claims = claim_devices(settings)
    station = open_station(settings)
    occupy(station)
    try:
        serve(station)
    finally:
        station.pool.close()
        station.bell.close()
        station.catalog.close()
        claims.release()
        log.info("worker_stopped", worker=station.name)


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
        return Claims(settings.gpus.split(",") if settings.gpus else (), settings.run_dir / "gpus")
    except GpuTaken as exc:
        sys.exit(f"cloche-worker: {exc}")


def open_station(settings: WorkerSettings) -> Station:
    """Everything a worker works with. Waits for nothing: what is away is reported by the heartbeat."""
    assert settings.run_dir is not None
    gpus = tuple(settings.gpus.split(",")) if settings.gpus else ()
    connection = connect(settings.redis_url)
    blobs = Blobs.open(settings.blobs_url, settings.data / "cache")
    driver = DockerDriver(
        run_dir=settings.run_dir / "sandboxes",
        image=settings.sandbox_image or sandbox.image.tag(),
        owner=owner_tag(settings),
        runtime=settings.require_runtime or settings.sandbox_runtime or None,
        devices=Devices(gpus, share=settings.gpu_share) if gpus else None,
    )
    name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
    return Station(
        name=name,
        settings=settings,
        connection=connection,
        back=JobBack(connection, worker=name, gpus=gpus),
        catalog=Catalog.open(settings.database_url),
        blobs=blobs,
        bundles=Bundles(blobs),
        payloads=Payloads(blobs),
        pool=Pool(driver, blanks=settings.blanks, memory_budget_bytes=settings.memory_budget_bytes),
        bell=Bell(connect(settings.redis_url), worker=name),
        running=Running(),
        printing=Printing.connect(settings.redis_url, worker=name),
    )


def serve(station: Station) -> None:
    """Run the pulse and RQ's loop until the station's stop is set."""
    pulse = Pulse(station, connect(station.settings.redis_url))
    janitor = Janitor(station.payloads, Doomed(connect(station.settings.redis_url)))
    threading.Thread(target=_grace, args=(station,), name="grace", daemon=True).start()
    # The first check of a process also starts the one that checks: nobody's first answer waits for that.
    threading.Thread(target=check_isolated, args=(b"",), name="warm-up", daemon=True).start()
    _heed_signals(station)
    _until_redis_answers(pulse, station.stop)
    LedgerWriter(station.catalog, connect(station.settings.redis_url), stop=station.stop).start()
    janitor.start()
    log.info("worker_started", worker=station.name, gpus=station.settings.gpus)
    rounds = 0
    while not station.stop.is_set():
        rounds += 1
        try:
            worker = TurnWorker(
                station.connection,
                name=f"{station.name}-{rounds}",
                stop=station.stop,
                gpu=bool(station.gpus),
            )
            worker.work(logging_level="WARNING")
        except redis.RedisError as exc:
            log.warning("redis_away", error=type(exc).__name__)
        _heed_signals(station)
        station.stop.wait(0.2)
    janitor.stop()
    pulse.stop()


def _heed_signals(station: Station) -> None:
    """SIGTERM and SIGINT set the stop also while RQ's loop, which has its own way, is not running."""
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: station.stop.set())


def connect(url: str) -> redis.Redis:
    """A connection whose reads may block for as long as a pop or a subscription waits."""
    return redis.Redis.from_url(url, socket_connect_timeout=5)


def owner_tag(settings: WorkerSettings) -> str:
    """Tells this installation's containers from another's on the same engine.

    The run folder is what differs: it is the host's path even where the data folder is a container's
    ("/data" in every composed installation), and it holds the locks that say which workers live.
    """
    return hashlib.sha256(str(settings.run_dir).encode()).hexdigest()[:12]


def _until_redis_answers(pulse: Pulse, stop: threading.Event) -> None:
    told = False
    while not stop.is_set():
        try:
            pulse.start()
            return
        except redis.RedisError as exc:
            if not told:
                log.warning("waiting_for_redis", error=type(exc).__name__)
            told = True
            stop.wait(0.5)


def _grace(station: Station) -> None:
    """After a stop was asked for, what still runs gets its grace and then is killed and handed back."""
    station.stop.wait()
    time.sleep(station.settings.grace_seconds)
    station.running.cancel_all()


if __name__ == "__main__":
    main()
