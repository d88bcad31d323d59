"""Taking the ledger from Redis to the catalogue, every few seconds, beside the turns."""

from __future__ import annotations

import threading

import redis
import structlog

from store.catalog import Catalog
from store.errors import StoreError
from store.jobs.ledger import OpenLedger

log = structlog.get_logger()

WRITE_SECONDS = 5.0


def write_page(ledger: OpenLedger, catalog: Catalog) -> bool:
    """Write what ended since the last page, once, whatever dies on the way; False when there is nothing.

    Each step may be repeated, by this process or another: a page that is closed stays until it is written, one that
    is written is known again. Raises CatalogUnavailable and redis.RedisError; nothing is lost then.
    """
    page = ledger.take()
    if page is None:
        return False
    if not catalog.usage.write(page):
        log.info("ledger_page_known", page=page.id)
    ledger.drop(page)
    return True


class LedgerWriter:
    """A daemon thread of one worker. A thread of its own: a locked database must not hold up the heartbeat."""

    def __init__(self, catalog: Catalog, connection: redis.Redis, *, stop: threading.Event) -> None:
        self._catalog = catalog
        self._ledger = OpenLedger(connection)
        self._stop = stop

    def start(self) -> None:
        """Begin; ends soon after the stop is set."""
        threading.Thread(target=self._run, name="ledger", daemon=True).start()

    def _run(self) -> None:
        away = ""
        while not self._stop.wait(WRITE_SECONDS):
            try:
                write_page(self._ledger, self._catalog)
                away = ""
            except Exception as exc:
                # Whatever it is, what is to be written stays where it is, and is tried again.
                known = isinstance(exc, StoreError | redis.RedisError)
                if away != type(exc).__name__:  # said once: it may last for hours
                    (log.warning if known else log.error)("ledger_waits", error=type(exc).__name__)
                away = type(exc).__name__
