"""How long one tenant has had this worker, over all its turns with nobody else's in between."""

from __future__ import annotations

import time


class Tenure:
    """Only serving counts: a tenant whose sandboxes have to be bound first is not hurried for that.

    It outlives turns, or a tenant with many versions would have a fresh slice with each of them. Used by the thread
    that serves turns only.
    """

    def __init__(self) -> None:
        self._tenant_id = ""
        self._before = 0.0
        self._since: float | None = None

    def enter(self, tenant_id: str) -> None:
        """A turn of this tenant begins to be served."""
        self.leave()
        if tenant_id != self._tenant_id:
            self._tenant_id, self._before = tenant_id, 0.0
        self._since = time.monotonic()

    def leave(self) -> None:
        """It is not served any more, for now or for good."""
        self._before, self._since = self.seconds, None

    @property
    def seconds(self) -> float:
        """How long it has been."""
        return self._before + (time.monotonic() - self._since if self._since is not None else 0.0)
