"""Writes ``paths.txt`` from the installed torch, numpy and PIL: ``python -m policies.allowlist.walk``.

One name a line, so that a change can be read. What is walked is decided in ``walked.py``, ``picked.py`` and
``standard.py``. The output is committed and read by people: a new release of a package shows up as a change.
"""

from __future__ import annotations

import importlib
import sys
import types
import warnings
from collections.abc import Iterator
from pathlib import Path

from policies.allowlist.picked import PICKED
from policies.allowlist.standard import STANDARD
from policies.allowlist.walked import WALKED, Walk

FILE = Path(__file__).with_name("paths.txt")
_PACKAGES = ("torch", "numpy", "PIL")


def main() -> None:
    """Write the file."""
    FILE.write_text(text(), encoding="utf-8")
    sys.stdout.write(f"{FILE}: {sum(len(names) for _, names in sections())} names\n")


def text() -> str:
    """The whole file, for the packages that are installed now."""
    head = [
        "# The dotted paths a model may use. Written by python -m policies.allowlist.walk; do not edit.",
        "# Why a name is or isn't here: standard.py, picked.py, walked.py.",
        f"# Walked: {', '.join(f'{name} {_version(name)}' for name in _PACKAGES)}.",
        "",
    ]
    for module, names in sections():
        head += [f"[{module}]", *sorted(names), ""]
    return "\n".join(head)


def sections() -> list[tuple[str, set[str]]]:
    """Every open module and its open names, sorted."""
    found = {module: set(names.split()) for module, names in (STANDARD | PICKED).items()}
    for module, walk in WALKED.items():
        found.setdefault(module, set()).update(names_of(module, walk))
    return sorted(found.items())


def names_of(module: str, walk: Walk) -> Iterator[str]:
    """The public names of an installed module that the walk keeps."""
    yield from walk.also.split()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loaded = importlib.import_module(module)
        for name in dir(loaded):
            if not name.startswith("_") and name not in walk.without and _kept(module, name, walk, loaded):
                yield name


def _kept(module: str, name: str, walk: Walk, loaded: types.ModuleType) -> bool:
    if walk.classes is not None and name[0].isupper():
        return name in walk.classes.split()
    value = getattr(loaded, name)
    home = getattr(value, "__module__", None)
    if isinstance(value, types.ModuleType) or name == "TYPE_CHECKING":
        return False
    if walk.own:
        return home == module
    # A function or class of another package is a re-export; what has no home is a constant or built in.
    return not isinstance(home, str) or home.partition(".")[0] in (*_PACKAGES, "builtins")


def _version(package: str) -> str:
    return str(importlib.import_module(package).__version__).partition("+")[0]


if __name__ == "__main__":
    main()
