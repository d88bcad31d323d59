"""Running Lua in Redis: by its digest, which Redis knows after the first time."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Self

import redis
from redis.exceptions import NoScriptError


@dataclass(frozen=True, slots=True)
class Script:
    """One script's text and the digest Redis knows it by."""

    text: str
    sha1: str

    @classmethod
    def of(cls, text: str) -> Self:
        """The script of this text."""
        return cls(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


def run(connection: redis.Redis, script: Script, *arguments: Any) -> Any:
    """What it returns. The text is sent only to a Redis that doesn't know it: a new one, or one that forgot."""
    try:
        return connection.evalsha(script.sha1, 0, *arguments)
    except NoScriptError:
        return connection.eval(script.text, 0, *arguments)
