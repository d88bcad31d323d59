"""Deleting what nobody needs any more from the blob store: inputs of ended jobs, results whose time is over."""

from __future__ import annotations

import threading

import structlog

from store.errors import StoreError
from store.payloads import Doomed, Payloads
from store.payloads.sweep import sweep

log = structlog.get_logger()

PAUSE_SECONDS = 1.0
AT_ONCE = 100
SWEEP_EVERY_SECONDS = 3600  # one worker of the installation, looking for what crashes left behind


class Janitor:
    """A daemon thread of one worker. It survives Redis and the blob store going away; stop() ends it."""

    def __init__(self, payloads: Payloads, doomed: Doomed) -> None:
        self._payloads = payloads
        self._doomed = doomed
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="janitor", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Take nothing more. Does not wait: what is cut off in the middle is done again."""
        self._ended.set()

    def clear(self) -> int:
        """Delete everything whose time has come; how many. Raises a StoreError."""
        count = 0
        while not self._ended.is_set() and (names := self._doomed.take(AT_ONCE)):
            for name in names:
                self._payloads.delete(name)
            self._doomed.forget(*names)
            count += len(names)
        return count

    def _work(self) -> None:
        while not self._ended.wait(PAUSE_SECONDS):
            try:
                self.clear()
                if self._doomed.claim_sweep(every_seconds=SWEEP_EVERY_SECONDS):
                    gone = sweep(self._payloads, self._doomed)
                    log.info("payloads_swept", deleted=len(gone))
            except StoreError as exc:
                log.warning("janitor_waits", code=exc.code, error=str(exc))
                self._ended.wait(10 * PAUSE_SECONDS)
            except Exception:
                log.exception("janitor_broke")  # a fault of ours must not end all clearing for good
                self._ended.wait(10 * PAUSE_SECONDS)
