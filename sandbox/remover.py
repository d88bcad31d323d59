"""Removes containers in the background, so that nobody waits the 40 ms that the engine takes.

Several at a time: one that is slow to die (a gVisor sandbox full of busy processes takes seconds) must not leave
those behind it computing.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from sandbox.engine import Engine
from sandbox.errors import EngineUnreachable

_AT_ONCE = 4

_Item = tuple[str, Callable[[], None]]
_Queue = queue.SimpleQueue[_Item | None]


class Remover:
    """Some threads and a queue. What the engine refused to remove is kept and tried again by ``retry``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._queue: _Queue = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._unfinished = 0
        self._left: list[_Item] = []
        self._lock = threading.Lock()

    def submit(self, container_id: str, done: Callable[[], None]) -> None:
        """Kill and remove soon, then call ``done``."""
        with self._lock:
            self._unfinished += 1
            if len(self._threads) < min(_AT_ONCE, self._unfinished):
                thread = threading.Thread(target=self._work, args=(self._queue,), name="sandbox-remover", daemon=True)
                thread.start()
                self._threads.append(thread)
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
            threads, self._threads = self._threads, []
            ending, self._queue = self._queue, queue.SimpleQueue()
        for _ in threads:
            ending.put(None)
        for thread in threads:
            thread.join()

    def _work(self, items: _Queue) -> None:
        while (item := items.get()) is not None:
            container_id, done = item
            try:
                self._engine.remove(container_id)
            except EngineUnreachable:
                with self._lock:
                    self._left.append(item)
            else:
                done()
            with self._lock:
                self._unfinished -= 1
