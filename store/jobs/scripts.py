"""The Lua scripts, each with what it uses of the shared preamble in front and the counters' flush behind."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from store.scripting import Script

_FOLDER = Path(__file__).parent / "lua"
# The body becomes a function, so that counters are written once, however it returns.
_WHOLE = "{common}\nlocal function {name}()\n{body}\nend\n\nlocal answer = {name}()\nflush()\nreturn answer\n"


# Where a definition of the preamble begins, and the names it defines.
_DEFINITION = re.compile(r"^local (?:function )?(\w+(?:, \w+)*)", re.MULTILINE)
# Scripts that call another one's body as a function, within the same transaction.
_CALLS = {"batch_admit": "admit"}


@cache
def script(name: str) -> Script:
    """The script of that name. Read once a process."""
    common = (_FOLDER / "common.lua").read_text()
    body = (_FOLDER / f"{name}.lua").read_text()
    called = ""
    if name in _CALLS:
        inner = _CALLS[name]
        called = f"\nlocal function {inner}()\n{(_FOLDER / f'{inner}.lua').read_text()}\nend\n"
    text = _WHOLE.format(common=_used(common, f"{called}{body} flush") + called, body=body, name=name)
    return Script.of(text)


def _used(common: str, body: str) -> str:
    """The definitions of the preamble that the body names, and those that these name, in their order.

    Redis makes every definition anew for each run: all of them cost as much as three commands. A name counts wherever
    it stands, also in a comment: rather one too many.
    """
    starts = [found.start() for found in _DEFINITION.finditer(common)]
    pieces = [common[a:b] for a, b in zip(starts, [*starts[1:], len(common)], strict=True)]
    words, kept = set(re.findall(r"\w+", body)), []
    for piece in reversed(pieces):  # each uses only what stands before it
        found = _DEFINITION.match(piece)
        assert found is not None
        if words.intersection(found[1].split(", ")):
            code = re.sub(r"(?m)^\s*--.*\n", "", piece)
            kept.append(code)
            words.update(re.findall(r"\w+", code))
    return "".join(reversed(kept))
