"""Identifiers: a prefix that says what it is, then 26 characters that sort by time of birth."""

from __future__ import annotations

import os
import time
from typing import Literal

# Crockford's base 32: no I, L, O, U. https://www.crockford.com/base32.html
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [a + b for a in ALPHABET for b in ALPHABET]

Prefix = Literal["job", "ten", "key", "mdl", "ver", "trn", "dlv", "whk", "tst", "bat"]


def new_id(prefix: Prefix) -> str:
    """A fresh id: 48 bits of milliseconds, then 80 random bits (the ULID layout)."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    return f"{prefix}_" + "".join(_PAIRS[(value >> shift) & 1023] for shift in range(120, -1, -10))
