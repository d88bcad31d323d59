"""Threads for what blocks: catalogue queries, disk writes, policy checks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

THREADS = 16

P = ParamSpec("P")
R = TypeVar("R")


class Threads:
    """A bounded set of threads. A call that was started is finished, even when nobody waits for it any more."""

    def __init__(self, size: int = THREADS) -> None:
        self._pool = ThreadPoolExecutor(max_workers=size, thread_name_prefix="api")

    async def call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """The function's result, computed in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, partial(function, *args, **kwargs))

    def close(self) -> None:
        """Wait for what runs, then let the threads go. Safe to call twice."""
        self._pool.shutdown(wait=True)
