"""Durations as headers say them."""

from __future__ import annotations

import re

from api.queries import invalid

_DURATION = re.compile(rb"(?:([0-9]{1,9})h)?(?:([0-9]{1,9})m)?(?:([0-9]{1,9})s)?|([0-9]{1,9})")


def read_duration(name: str, value: bytes) -> float:
    """Seconds in ``90``, ``90s``, ``5m``, ``2h`` or ``1h30m45s``. Raises invalid_request for the header ``name``."""
    found = _DURATION.fullmatch(value.strip())
    if found is None or not value.strip():
        raise invalid(name, f"{name} takes a duration such as 90s, 5m or 1h30m; a number alone is seconds.")
    hours, minutes, seconds, bare = (int(part or 0) for part in found.groups())
    return float(3600 * hours + 60 * minutes + seconds + bare)
