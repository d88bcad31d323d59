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


# Scripts that call another one's body as a function, within the same transaction.
_CALLS = {"batch_admit": "admit"}


@cache
def script(name: str) -> Script:
    """The script of that name. Read once a process."""
    common = (_FOLDER / "common.lua").read_text()
    if name in _CALLS:
        called = _CALLS[name]
        common += f"\nlocal function {called}()\n{(_FOLDER / f'{called}.lua').read_text()}\nend\n"
    text = _WHOLE.format(common=common, body=(_FOLDER / f"{name}.lua").read_text(), name=name)
    return Script(text=text, sha1=hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())
