"""Connections to addresses that were checked, whatever name the request carries."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

import httpcore

from store.destinations.addresses import Address


class PinnedBackend(httpcore.AsyncNetworkBackend):
    """Dials the given addresses in turn and nothing else: the host it is asked for is never resolved again."""

    def __init__(self, addresses: Sequence[Address]) -> None:
        self._addresses = tuple(addresses)
        self._sockets = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first checked address that answers; each gets an equal share of the timeout."""
        failure: httpcore.NetworkError | httpcore.TimeoutException = httpcore.ConnectError("no address")
        share = None if timeout is None else timeout / max(1, len(self._addresses))
        for address in self._addresses:
            try:
                return await self._sockets.connect_tcp(str(address), port, timeout=share)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as exc:
                failure = exc
        raise failure

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Never: a webhook doesn't go to a file."""
        raise httpcore.ConnectError("webhooks don't reach unix sockets")

    async def sleep(self, seconds: float) -> None:
        """As every backend has to."""
        await asyncio.sleep(seconds)
