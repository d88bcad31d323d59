"""Which keys of the weights don't fit the class, as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_SHOWN = 12  # keys of one kind printed in full; the rest is counted


def weights_report(missing: Sequence[str], unexpected: Sequence[str], mismatched: Sequence[Mapping[str, Any]]) -> str:
    """One line a key, grouped by what is wrong with it; empty when nothing is."""
    shapes = [f"{m.get('name')}: the class has {m.get('expected')}, the weights {m.get('found')}" for m in mismatched]
    groups = [
        ("in the class, not in the weights", list(missing)),
        ("in the weights, not in the class", list(unexpected)),
        ("of another shape", shapes),
    ]
    return "\n".join(_group(title, names) for title, names in groups if names)


def _group(title: str, names: list[str]) -> str:
    lines = [f"  {title}:", *(f"    {name}" for name in names[:_SHOWN])]
    if len(names) > _SHOWN:
        lines.append(f"    … and {len(names) - _SHOWN} more")
    return "\n".join(lines)
