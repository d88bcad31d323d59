"""The Lua scripts of the deliveries, each with the shared preamble in front."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

_LUA = Path(__file__).parent / "lua"


@cache
def script(name: str) -> tuple[str, str]:
    """The script's text, and the digest Redis knows it by. Read once a process."""
    text = (_LUA / "common.lua").read_text() + (_LUA / f"{name}.lua").read_text()
    return text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
