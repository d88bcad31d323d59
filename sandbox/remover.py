"""Removes containers in the background, so that nobody waits the 40 ms that the engine takes."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from sandbox.engine import Engine
from sandbox.errors import EngineUnreachable


class Remover:
    """A thread and a queue. What the engine refused to remove is kept and tried again by ``retry``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._queue: queue.SimpleQueue[tuple[str, Callable[[], None]] | None] = queue.SimpleQueue()
        self._left: list[tuple[str, Callable[[], None]]] = []
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def submit(self, container_id: str, done: Callable[[], None]) -> None:
        """Kill and remove soon, then call ``done``."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="sandbox-remover", daemon=True)
                self._thread.start()
        self._queue.put((container_id, done))

    def retry(self) -> None:
        """Try again what failed because the engine was away."""
        with self._lock:
            left, self._left = self._left, []
        for container_id, done in left:
            self.submit(container_id, done)

    def close(self) -> None:
        """Finish what was submitted. The remover can be used again afterwards."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._queue.put(None)
            thread.join()

    def _work(self) -> None:
        while (item := self._queue.get()) is not None:
            container_id, done = item
            try:
                self._engine.remove(container_id)
            except EngineUnreachable:
                with self._lock:
                    self._left.append(item)
                continue
            done()
