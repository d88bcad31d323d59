"""Query parameters, strictly: what isn't known or isn't right is refused, never ignored."""

from __future__ import annotations

import re
from typing import TypeVar

from starlette.requests import Request

from api.errors import Problem

T = TypeVar("T", bound=str)


class Query:
    """The query of one request. Every method raises invalid_request with the field's name."""

    def __init__(self, request: Request, known: tuple[str, ...]) -> None:
        pairs = request.query_params.multi_items()
        self._values = dict(pairs)
        for name, _ in pairs:
            if name not in known or len(pairs) != len(self._values):
                raise invalid(name, f"Query parameters are {', '.join(known)}, each at most once.")

    def text(self, name: str) -> str | None:
        """The value as it is."""
        return self._values.get(name)

    def integer(self, name: str, *, default: int, minimum: int, maximum: int) -> int:
        """A whole number within bounds."""
        value = self._values.get(name)
        if value is None:
            return default
        if not re.fullmatch(r"[0-9]{1,9}", value) or not minimum <= int(value) <= maximum:
            raise invalid(name, f"{name} takes a whole number from {minimum} to {maximum}.")
        return int(value)

    def matching(self, name: str, pattern: re.Pattern[str]) -> str | None:
        """A value of a known shape."""
        value = self._values.get(name)
        if value is not None and not pattern.fullmatch(value):
            raise invalid(name, f"{name} takes what an earlier answer gave, unchanged.")
        return value

    def one_of(self, name: str, choices: tuple[T, ...]) -> T | None:
        """One of a few words."""
        value = self._values.get(name)
        if value is None:
            return None
        for choice in choices:
            if choice == value:
                return choice
        raise invalid(name, f"{name} takes one of {', '.join(choices)}.")


def invalid(field: str, detail: str) -> Problem:
    """The answer to a field that isn't right."""
    return Problem("invalid_request", detail, field=field[:100])
