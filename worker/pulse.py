"""What beats beside the turns: the heartbeat, the reaper and the ear for cancellations."""

from __future__ import annotations

import threading
import time
from dataclasses import asdict

import redis
import structlog

from sandbox.errors import SandboxError
from store.errors import StoreError
from store.jobs.back import DEAF_AFTER_SECONDS, NOTHING, JobBack
from worker.checks import orphaned
from worker.station import Station

log = structlog.get_logger()

BEAT_SECONDS = 0.5
_SILENCE_SECONDS = DEAF_AFTER_SECONDS - 2 * BEAT_SECONDS  # of ours; somebody else's may be two beats longer
_AMNESTY_SECONDS = 3 * BEAT_SECONDS
_CHECKS_EVERY = 10  # beats
_CHECK_PATIENCE_SECONDS = 10.0


class Pulse:
    """Two daemon threads of one worker. They survive Redis going away; stop() ends them."""

    def __init__(self, station: Station, connection: redis.Redis) -> None:
        self._station = station
        self._connection = connection
        self._back = JobBack(connection, worker=station.name, gpus=station.gpus)
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=self._beat, name="pulse", daemon=True),
            threading.Thread(target=self._listen, name="cancel", daemon=True),
        ]

    def start(self) -> None:
        """Register the worker, take back what the dead held, and begin. Raises redis.RedisError when Redis is away.

        Before this worker takes its first turn: what the dead were busy with goes before what waited behind it.
        """
        self._back.heartbeat(fault=self._fault())
        self._reap()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the threads and say goodbye: what this worker still holds is given back."""
        self._ended.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=3)
        try:
            self._back.reap(goodbye=True)
        except redis.RedisError:
            log.warning("goodbye_failed")  # the reaper of another worker does it in a few seconds

    def _fault(self) -> str:
        return self._station.pool.fault or ""

    def _beat(self) -> None:
        beats = 0
        beaten = reaps_from = time.monotonic()
        while True:
            try:
                self._say_alive()
                now = time.monotonic()
                # When Redis was away nobody could beat: whoever looks dead now may live, and gets the time to say so.
                if now - beaten > _SILENCE_SECONDS:
                    reaps_from = now + _AMNESTY_SECONDS
                beaten = now
                if now >= reaps_from:
                    self._reap()
                if beats % _CHECKS_EVERY == 0:
                    self._ask_for_checks()
            except (redis.RedisError, StoreError) as exc:
                log.warning("pulse_failed", error=type(exc).__name__)
            beats += 1
            if self._ended.wait(BEAT_SECONDS):
                return

    def _say_alive(self) -> None:
        head = self._station.running.head
        beat = self._back.heartbeat(fault=self._fault(), head=head)
        if not beat.known:
            log.warning("declared_dead", worker=self._station.name)
        # A cancellation is told once, and perhaps nobody listened just then.
        if head is not None and not beat.held:
            self._station.running.lost(head)

    def _reap(self) -> None:
        presence = self._station.presence
        ended = presence.ended() if presence is not None else []
        reaped = self._back.reap(ended=ended)
        if presence is not None:
            presence.forget(ended)
        if reaped != NOTHING:
            log.info("reaped", **asdict(reaped))
        if reaped.dead:
            threading.Thread(target=self._sweep, name="sweep", daemon=True).start()

    def _sweep(self) -> None:
        """What a dead worker's sandboxes were busy with they still are: their processors are needed now."""
        try:
            self._station.pool.sweep()
        except SandboxError as exc:
            log.warning("sweep_failed", code=exc.code)  # `make up` and the next death try again

    def _ask_for_checks(self) -> None:
        """A request for a check is a hint and may be lost: the catalogue knows what is still open."""
        for version in self._station.catalog.models.checking(older_than_seconds=_CHECK_PATIENCE_SECONDS):
            if orphaned(self._connection, version.id):
                self._back.enqueue_check(version.id, gpus=version.gpus)

    def _listen(self) -> None:
        channel = f"cancel:{self._station.name}"
        while not self._ended.is_set():
            pubsub = self._connection.pubsub(ignore_subscribe_messages=True)
            try:
                pubsub.subscribe(channel)
                while not self._ended.is_set():
                    message = pubsub.get_message(timeout=BEAT_SECONDS)
                    if message is not None:
                        self._station.running.cancel(message["data"].decode())
            except redis.RedisError:
                time.sleep(0.2)
            finally:
                pubsub.close()
