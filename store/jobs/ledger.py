"""The ledger's open end: what ended since it was last taken into the catalogue, a page at a time.

The scripts that end jobs add to ``ledger:open``, in the transaction that ends them: so each job is in it once.
Here a page is closed, and dropped once it stands in the catalogue. A page that was written and not dropped comes
again with the id it had; the catalogue knows it.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import redis

from store import scripting
from store.jobs.scripts import script
from store.ledger import COUNTED, LedgerPage, Line

PIECE_FIELDS = 1000  # read at once
_EPOCH = date(1970, 1, 1)


class OpenLedger:
    """The ledger's end in Redis. Any number of processes may use it; every method raises redis.RedisError."""

    def __init__(self, connection: redis.Redis) -> None:
        self._redis = connection

    def take(self) -> LedgerPage | None:
        """The page that is to be written now, or None when nothing ended.

        Read in pieces, so that Redis serves others between them. Should another writer drop it meanwhile, what is
        read is not whole: then it was written, and its id is known.
        """
        page_id: bytes = self._run("ledger_take", secrets.token_hex(16))
        if not page_id:
            return None
        fields = dict(self._redis.hscan_iter("ledger:page", count=PIECE_FIELDS))
        return _page(page_id.decode(), fields)

    def drop(self, page: LedgerPage) -> bool:
        """Forget a page that is written. False: somebody else did."""
        return bool(self._run("ledger_drop", page.id))

    def _run(self, name: str, *arguments: Any) -> Any:
        return scripting.run(self._redis, script(name), *arguments)


def _page(page_id: str, fields: Mapping[bytes, bytes]) -> LedgerPage:
    lines: defaultdict[Line, dict[str, int]] = defaultdict(dict)
    for name, value in fields.items():
        if name == b"id":
            continue
        what, day, tenant_id, model = name.decode().split(" ", 3)  # models' names may have spaces
        if what in COUNTED:
            lines[Line(_EPOCH + timedelta(days=int(day)), tenant_id, model)][COUNTED[what]] = int(value)
    return LedgerPage(id=page_id, lines=dict(lines))
