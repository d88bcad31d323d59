"""Whether a webhook may go to a URL: said when it is registered, by the code that judges it again at each sending."""

from __future__ import annotations

import asyncio
from weakref import WeakValueDictionary

from api.errors import Problem
from store.destinations.addresses import Allow
from store.destinations.guard import Refusal, Resolve, checked_addresses, read_url

RESOLVE_SECONDS = 5.0  # how long a name server may take, before its name counts as not to be found


class Destinations:
    """Judges URLs. Sends nothing; asks the system's resolver for names.

    One URL of a tenant at a time: a name server of its own that hangs keeps its own requests waiting.
    """

    def __init__(self, allow: Allow, resolve: Resolve) -> None:
        self._allow = allow
        self._resolve = resolve
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def check(self, tenant_id: str, url: str) -> None:
        """Raises webhook_url_refused with the reason, for what can't or may not be sent to as things stand."""
        target = read_url(url)
        if isinstance(target, Refusal):
            raise _refused(target)
        turn = self._turns.setdefault(tenant_id, asyncio.Lock())
        async with turn:
            try:
                async with asyncio.timeout(RESOLVE_SECONDS):
                    addresses = await checked_addresses(target, allow=self._allow, resolve=self._resolve)
            except TimeoutError:
                late = f"{target.host} was not resolved within {RESOLVE_SECONDS:g} seconds."
                raise _refused(Refusal("unresolved", late, final=False)) from None
        if isinstance(addresses, Refusal):
            raise _refused(addresses)


def _refused(refusal: Refusal) -> Problem:
    return Problem("webhook_url_refused", refusal.message, field="url", reason=refusal.code)
