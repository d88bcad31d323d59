"""The list itself, read from ``paths.txt``, and what an operator added to it or took from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

PathKind = Literal["module", "object", "opened"]

_FILE = Path(__file__).with_name("paths.txt")
_PRIVATE_FILE = Path(__file__).with_name("private.txt")
_CALLED_FILE = Path(__file__).with_name("called.txt")


@dataclass(frozen=True, slots=True)
class Allowances:
    """What an operator decided for one tenant. A path stands for itself and for everything below it.

    ``removed`` wins over ``added`` and over the list. ``exempt`` leaves the rules about the file (CL0) and the
    structure (CL1) and drops all others.
    """

    added: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()
    exempt: bool = False


NONE = Allowances()


class Allowlist:
    """Answers whether a path is listed, and as what."""

    def __init__(self, listed: Mapping[str, frozenset[str]], allowances: Allowances = NONE) -> None:
        self._listed = listed
        self._allowances = allowances

    def kind(self, path: str) -> PathKind | None:
        """Whether the path is a listed module or a listed object in one; None when it is refused.

        "opened" is what an operator added: it may be either, and is not looked into.
        """
        if _covered(path, self._allowances.removed):
            return None
        if path in self._listed or any(added.startswith(f"{path}.") for added in self._allowances.added):
            return "module"
        module, _, name = path.rpartition(".")
        if name in self._listed.get(module, frozenset()):
            return "object"
        return "opened" if _covered(path, self._allowances.added) else None


def _covered(path: str, roots: frozenset[str]) -> bool:
    return any(path == root or path.startswith(f"{root}.") for root in roots)


def allowlist(allowances: Allowances = NONE) -> Allowlist:
    """The project's list with an operator's changes."""
    return Allowlist(_listed(), allowances)


@cache
def library_names() -> frozenset[str]:
    """The private attribute names that the listed packages use themselves."""
    return frozenset(_PRIVATE_FILE.read_text(encoding="utf-8").split())


@cache
def called_by_libraries() -> frozenset[str]:
    """The method names that the listed packages call on what they are given."""
    return frozenset(_CALLED_FILE.read_text(encoding="utf-8").split())


@cache
def _listed() -> dict[str, frozenset[str]]:
    return dict(read(_FILE.read_text(encoding="utf-8")))


def read(text: str) -> Iterator[tuple[str, frozenset[str]]]:
    """Each module of the file and the names in it. ``#`` starts a comment, ``[module]`` a section."""
    module, names = "", list[str]()
    for line in text.splitlines():
        content = line.partition("#")[0].strip()
        if content.startswith("["):
            if module:
                yield module, frozenset(names)
            module, names = content.strip("[]"), []
        else:
            names += content.split()
    if module:
        yield module, frozenset(names)
