"""Writes the lists from torch, numpy and PIL: ``python -m policies.allowlist.walk``.

``paths.txt`` holds the open names, ``private.txt`` the libraries' private ones, ``called.txt`` the methods they call.

One name a line, so that a change can be read. What is walked is decided in ``walked.py``, ``picked.py`` and
``standard.py``. The output is committed and read by people: a new release of a package shows up as a change.
"""

from __future__ import annotations

import ast
import importlib
import sys
import types
import warnings
from collections.abc import Iterator
from pathlib import Path

import torch
from PIL import ImageFile

from policies.allowlist.calls import called_text
from policies.allowlist.picked import PICKED
from policies.allowlist.standard import STANDARD
from policies.allowlist.walked import WALKED, Walk

FILE = Path(__file__).with_name("paths.txt")
PRIVATE_FILE = Path(__file__).with_name("private.txt")
CALLED_FILE = Path(__file__).with_name("called.txt")
_PACKAGES = ("torch", "numpy", "PIL")


def main() -> None:
    """Write the three files."""
    FILE.write_text(text(), encoding="utf-8")
    PRIVATE_FILE.write_text(private_text(), encoding="utf-8")
    CALLED_FILE.write_text(methods_text(), encoding="utf-8")
    sys.stdout.write(f"{FILE}: {sum(len(names) for _, names in sections())} names\n")


def private_text() -> str:
    """The private attribute names of the listed classes, and those in the sources of their modules."""
    names: set[str] = set()
    sources: set[str] = set()
    for kind in _classes():
        for each in kind.__mro__:
            names.update(vars(each))
            module = sys.modules.get(each.__module__)
            # The standard library's sources differ from one Python to the next, its names in use hardly do.
            if module is not None and each.__module__.partition(".")[0] in _PACKAGES:
                sources.add(getattr(module, "__file__", None) or "")
    for source in sources:
        if source.endswith(".py"):
            tree = ast.parse(Path(source).read_text(encoding="utf-8"))
            names.update(node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    return "\n".join(sorted(name for name in names if name.startswith("_") and not name.startswith("__"))) + "\n"


def methods_text() -> str:
    """The names of the methods that the packages call on what they are given."""
    return called_text(sections(), packages=_PACKAGES)


def _classes() -> Iterator[type]:
    for package, names in sections():
        if package.partition(".")[0] not in _PACKAGES:
            continue
        try:
            module = importlib.import_module(package)
        except ImportError:
            continue  # a few sections are objects: torch.backends.cuda.matmul; they have no classes
        for name in sorted(names):
            value = getattr(module, name, None)
            if isinstance(value, type):
                yield value
    yield from (torch.UntypedStorage, torch.TypedStorage, ImageFile.ImageFile)


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
