"""The Lua scripts, each with the shared preamble in front and the counters' flush behind."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "lua"
# The body becomes a function, so that counters are written once, however it returns.
_WHOLE = "{common}\nlocal function {name}()\n{body}\nend\n\nlocal answer = {name}()\nflush()\nreturn answer\n"


@dataclass(frozen=True, slots=True)
class Script:
    """One script's text and the digest Redis knows it by."""

    text: str
    sha1: str


@cache
def script(name: str) -> Script:
    """The script of that name. Read once a process."""
    text = _WHOLE.format(
        common=(_FOLDER / "common.lua").read_text(), body=(_FOLDER / f"{name}.lua").read_text(), name=name
    )
    return Script(text=text, sha1=hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())
