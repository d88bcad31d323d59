"""What a worker works with, and its work: its threads, and RQ's loop until it is told to stop."""

from __future__ import annotations

import contextlib
import signal
import threading
import time

import redis
import structlog

from policies.isolated import check_isolated
from sandbox.pool import Pool
from store.blobs import Blobs
from store.catalog import Catalog
from store.jobs.back import JobBack
from store.payloads import Doomed, Payloads
from worker.bell import Bell
from worker.bundles import Bundles
from worker.janitor import Janitor
from worker.ledger import LedgerWriter
from worker.presence import Presence
from worker.printing import Printing
from worker.pulse import Pulse
from worker.running import Running
from worker.sandboxes import devices_of
from worker.settings import WorkerSettings
from worker.station import Station, occupy
from worker.turn_worker import TurnWorker

log = structlog.get_logger()


def run(settings: WorkerSettings, *, name: str, pool: Pool, presence: Presence) -> None:
    """Serve until SIGTERM. The pool and the presence stay open."""
    with contextlib.ExitStack() as stack:
        station = open_station(settings, name=name, pool=pool, presence=presence)
        stack.callback(station.catalog.close)
        stack.callback(station.bell.close)
        occupy(station)
        serve(station)


def open_station(settings: WorkerSettings, *, name: str, pool: Pool, presence: Presence) -> Station:
    """Everything a worker works with. Waits for nothing: what is away is reported by the heartbeat."""
    connection = connect(settings.redis_url)
    blobs = Blobs.open(settings.blobs_url, settings.data / "cache")
    return Station(
        name=name,
        settings=settings,
        connection=connection,
        back=JobBack(connection, worker=name, gpus=devices_of(settings)),
        catalog=Catalog.open(settings.database_url),
        blobs=blobs,
        bundles=Bundles(blobs),
        payloads=Payloads(blobs),
        pool=pool,
        bell=Bell(connect(settings.redis_url), worker=name),
        running=Running(),
        presence=presence,
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
