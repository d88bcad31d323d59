"""Names to addresses, by the system's resolver, on threads of its own.

A name server under a tenant's control may take as long as it likes; with threads of their own, as many
as there can be attempts, slow look-ups wait for themselves alone.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor


class SystemResolver:
    """``getaddrinfo`` off the event loop. Does not cache, and can't interrupt a look-up that hangs."""

    def __init__(self, *, threads: int) -> None:
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="resolve")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Every address of a name, in the system's order of preference. Raises OSError when there is none."""
        found = await asyncio.get_running_loop().run_in_executor(self._pool, _look_up, host, port)
        return [str(entry[4][0]) for entry in found]

    def close(self) -> None:
        """Let the threads go. Does not wait for look-ups that hang."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str, port: int) -> list[tuple[object, object, object, object, tuple[object, ...]]]:
    return list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP))
