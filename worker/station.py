"""What one worker process works with. RQ calls functions by name, so they find it here."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import redis

from sandbox.pool import Pool
from store.blobs import Blobs
from store.catalog import Catalog
from store.jobs.back import JobBack
from store.payloads import Payloads
from worker.bell import Bell
from worker.bundles import Bundles
from worker.presence import Presence
from worker.printing import Printing
from worker.running import Running
from worker.settings import WorkerSettings
from worker.tenure import Tenure


@dataclass(frozen=True)
class Station:
    """The connections, the pool and the stop signal of this process."""

    name: str
    settings: WorkerSettings
    connection: redis.Redis
    back: JobBack
    catalog: Catalog
    blobs: Blobs
    bundles: Bundles
    payloads: Payloads
    pool: Pool
    bell: Bell
    running: Running
    presence: Presence | None = None  # None: nobody is known to have ended but by silence
    printing: Printing | None = None  # None: what a call prints is told with its answer only
    tenure: Tenure = field(default_factory=Tenure)
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def gpus(self) -> tuple[str, ...]:
        """The devices this worker owns; with some, it serves the versions that ask for one, and no others."""
        return tuple(self.settings.gpus.split(",")) if self.settings.gpus else ()


_current: Station | None = None


def occupy(station: Station | None) -> None:
    """Make this the process's station (None: leave it). Called by the entry point and by tests."""
    global _current  # noqa: PLW0603 - RQ gives its functions nothing but JSON arguments
    _current = station


def current() -> Station:
    """This process's station. Raises RuntimeError outside a worker."""
    if _current is None:
        raise RuntimeError("No station: turns and checks run inside cloche-worker only.")
    return _current
