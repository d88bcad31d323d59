"""The Prefer header (RFC 7240): how long a client wants to wait for an end."""

from __future__ import annotations

from collections.abc import Iterable

MAX_WAIT_SECONDS = 60  # longer waits outlive load balancers; ask again instead


def wait_seconds(headers: Iterable[tuple[bytes, bytes]]) -> int:
    """The seconds of ``wait=N`` in a request's headers, at most MAX_WAIT_SECONDS; 0 when absent or not understood.

    Of several the first counts, also where they stand in lines of their own (RFC 7240, section 2). A preference is a
    wish: servers ignore what they can't make sense of.
    """
    for header, value in headers:
        if header == b"prefer" and (found := _wait(value)) is not None:
            return found
    return 0


def _wait(prefer: bytes) -> int | None:
    for preference in prefer.split(b","):
        name, _, value = preference.partition(b";")[0].partition(b"=")
        if name.strip().lower() == b"wait":
            digits = value.strip().strip(b'"')
            return min(int(digits), MAX_WAIT_SECONDS) if digits.isdigit() and len(digits) < 10 else 0
    return None
