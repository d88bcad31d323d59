"""How many bytes a tenant's upload may still bring, uploads under way at the same time included."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from api.auth import Principal
from api.errors import Problem
from api.parts import Parts


class Room:
    """The room of one upload. Leaving the ``with`` block gives back what was taken.

    Without counting uploads under way, a tenant could fill the disk by starting many at once.
    """

    def __init__(self, parts: Parts, principal: Principal, *, used_bytes: int) -> None:
        self._parts = parts
        self._tenant_id = principal.tenant_id
        self._quotas = principal.quotas
        self._used_bytes = used_bytes
        self._taken_bytes = 0

    @classmethod
    async def find(cls, parts: Parts, principal: Principal) -> Room:
        """The room there is now."""
        used = await parts.threads.call(parts.catalog.models.storage_used, principal.tenant_id)
        return cls(parts, principal, used_bytes=used)

    def check_announced(self, size_bytes: int) -> None:
        """Refuse before the first byte what can't fit. Raises upload_too_large, quota_storage or disk_nearly_full."""
        if size_bytes > 0:
            self._check(size_bytes, size_bytes)  # first: what never fits must not be told to come back later
        self._parts.pressure.check_upload(max(0, size_bytes))

    def take(self, size_bytes: int) -> None:
        """Count bytes that have arrived. Raises upload_too_large, quota_storage or disk_nearly_full."""
        self._parts.pressure.check_upload()
        self._taken_bytes += size_bytes
        self._parts.uploading[self._tenant_id] += size_bytes
        self._check(self._taken_bytes, 0)

    def _check(self, upload_bytes: int, more_bytes: int) -> None:
        quotas = self._quotas
        if upload_bytes > quotas.upload_bytes:
            detail = f"One upload may have at most {quotas.upload_bytes:,} bytes."
            raise Problem("upload_too_large", detail, limit=quotas.upload_bytes)
        used = self._used_bytes + self._parts.uploading[self._tenant_id] + more_bytes
        if used > quotas.storage_bytes:
            detail = (
                f"The upload does not fit: {self._used_bytes:,} of {quotas.storage_bytes:,} bytes are used; "
                "delete a model, or ask the operator for more."
            )
            raise Problem("quota_storage", detail, limit=quotas.storage_bytes, used=self._used_bytes)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        uploading = self._parts.uploading
        uploading[self._tenant_id] -= self._taken_bytes
        if uploading[self._tenant_id] <= 0:
            del uploading[self._tenant_id]
