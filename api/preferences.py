"""The Prefer header (RFC 7240): how long a client wants to wait for an end."""

from __future__ import annotations

MAX_WAIT_SECONDS = 60  # longer waits outlive load balancers; ask again instead


def wait_seconds(prefer: bytes | None) -> int:
    """The seconds of ``wait=N``, at most MAX_WAIT_SECONDS; 0 when absent or not understood.

    A preference is a wish: RFC 7240 has servers ignore what they can't make sense of.
    """
    if prefer is None:
        return 0
    for preference in prefer.split(b","):
        name, _, value = preference.partition(b";")[0].partition(b"=")
        if name.strip().lower() == b"wait":
            digits = value.strip().strip(b'"')
            return min(int(digits), MAX_WAIT_SECONDS) if digits.isdigit() and len(digits) < 10 else 0
    return 0
