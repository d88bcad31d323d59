"""Which methods the listed packages call on whatever they are given: what ``python -m policies.allowlist.walk`` writes
into ``called.txt``.

A model handed to such a function is called under that name with arguments that are not in the file: numpy.hypot calls
hypot, numpy.amax calls max, PIL calls read.
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import PIL

_NUMPY_PARTS = ("_core", "lib", "linalg", "fft", "polynomial", "random", "ma", "matrixlib")


def called_text(sections: list[tuple[str, set[str]]], *, packages: tuple[str, ...]) -> str:
    """One name a line: every method that a source behind a listed name calls, and what numpy's C looks up."""
    names = set(dir(np.ndarray))
    names.update(name for name in dir(np) if isinstance(getattr(np, name), np.ufunc))
    for source in _sources(sections, packages):
        names.update(_methods(source))
    return "\n".join(sorted(name for name in names if not name.startswith("_"))) + "\n"


def _sources(sections: list[tuple[str, set[str]]], packages: tuple[str, ...]) -> set[Path]:
    found = {path for part in _NUMPY_PARTS for path in (Path(np.__file__).parent / part).glob("*.py")}
    found |= set(Path(PIL.__file__).parent.glob("*.py"))
    for section, names in sections:
        if section.partition(".")[0] in packages:
            found.update(_behind(section, names))
    return {path for path in found if path.suffix == ".py"}


def _behind(section: str, names: set[str]) -> Iterator[Path]:
    """The files of the module, of what its names are made of, and of what its classes derive from."""
    try:
        module = importlib.import_module(section)
    except ImportError:
        return  # an object: torch.backends.cuda.matmul
    yield Path(module.__file__ or "")
    for name in names:
        value = getattr(module, name, None)
        classes = value.__mro__ if isinstance(value, type) else (value,)
        for each in classes:
            home = sys.modules.get(getattr(each, "__module__", None) or "")
            # The standard library differs from one Python to the next; what it calls stands in functions.py.
            if home is not None and home.__name__.partition(".")[0] in ("torch", "numpy", "PIL"):
                yield Path(getattr(home, "__file__", None) or "")


def _methods(source: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr
