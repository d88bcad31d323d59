"""The Lua scripts, each with the shared preamble in front."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "lua"


@dataclass(frozen=True, slots=True)
class Script:
    """One script's text and the digest Redis knows it by."""

    text: str
    sha1: str


@cache
def script(name: str) -> Script:
    """The script of that name. Read once a process."""
    text = (_FOLDER / "common.lua").read_text() + (_FOLDER / f"{name}.lua").read_text()
    return Script(text=text, sha1=hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())
