"""The Lua scripts of the deliveries, each with the shared preamble in front."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from store.scripting import Script

_LUA = Path(__file__).parent / "lua"


@cache
def script(name: str) -> Script:
    """The script of that name. Read once a process."""
    return Script.of((_LUA / "common.lua").read_text() + (_LUA / f"{name}.lua").read_text())
