"""RQ's worker, made for turns: in this very process, stopping when told, quiet about bookkeeping."""

from __future__ import annotations

import signal
import threading
from types import FrameType

from redis import Redis
from rq.serializers import JSONSerializer
from rq.timeouts import BaseDeathPenalty
from rq.worker import SimpleWorker

from store.jobs.turns import Queues


class NoDeathPenalty(BaseDeathPenalty):
    """Turns end by their own slice and calls by their own clock, so RQ sets no alarm."""

    def setup_death_penalty(self) -> None:
        """Nothing to set up."""

    def cancel_death_penalty(self) -> None:
        """Nothing to cancel."""


class TurnWorker(SimpleWorker):
    """Runs turns and checks one at a time, in process: warm sandboxes live here between them.

    On SIGTERM or SIGINT ``stop`` is set first, so that a lingering turn ends at once; then RQ finishes
    the turn in hand and quits. RQ's own crash recovery is not relied on: see ``store/jobs``. With ``gpu`` it
    takes what needs a GPU, and nothing else.
    """

    death_penalty_class = NoDeathPenalty
    log_job_description = False
    max_connection_wait_time = 1.0  # RQ's own grows to a minute: jobs would wait that long after Redis is back

    def __init__(self, connection: Redis, *, name: str, stop: threading.Event, gpu: bool = False) -> None:
        self._stop_event = stop
        queues = Queues.of(connection)
        queue = queues.gpu if gpu else queues.cpu
        super().__init__([queue], name=name, connection=connection, serializer=JSONSerializer)

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Called by the signal handler."""
        self._stop_event.set()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]  # RQ leaves it untyped

    def _install_signal_handlers(self) -> None:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self.request_stop)
            signal.signal(signal.SIGTERM, self.request_stop)
        # A signal that came before this set the stop and could not tell RQ.
        self._stop_requested = self._stop_requested or self._stop_event.is_set()
