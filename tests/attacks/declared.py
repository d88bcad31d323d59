"""What a hostile model declares in its first lines: ``# key: JSON``, a bare word standing for itself."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "hostile"
_UNSET = object()


@dataclass(frozen=True)
class Attack:
    """One file of ``hostile/``."""

    name: str
    source: str
    attack: str = ""
    expect: Any = None  # outcome kind, or a list of the acceptable ones
    load: Any = None  # likewise, for attacks that end while loading
    output: Any = _UNSET
    output_kind: str = "json"
    message: str = ""  # a part of the message
    signal: int | None = None
    truncated: bool = False
    timeout: float = 20.0
    wait: float = 0.0  # seconds between binding and the first call
    calls: int = 1
    then: Any = None  # the outcomes of the calls after the first; one for all of them, or a list
    input_bytes: int = 0
    gvisor: dict[str, Any] = field(default_factory=dict)  # what ends otherwise under gVisor
    gvisor_why: str = ""

    @property
    def states_output(self) -> bool:
        """True when the file says what must come out."""
        return self.output is not _UNSET


def attacks(*, gvisor: bool = False) -> list[Attack]:
    """Every file, by name, as it must end under runc or under gVisor."""
    found = [_read(path) for path in sorted(FOLDER.glob("*.py"))]
    return [replace(attack, **attack.gvisor) for attack in found] if gvisor else found


def _read(path: Path) -> Attack:
    source = path.read_text()
    declared: dict[str, Any] = {}
    known = {each.name for each in fields(Attack)}
    for line in source.splitlines():
        if not line.startswith("# "):
            break
        key, _, value = line[2:].partition(": ")
        assert key in known, f"{path.name} declares {key}, which nobody reads"
        declared[key] = value if key in {"attack", "message", "gvisor_why"} else _value(value)
    return Attack(name=path.stem, source=source, **declared)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
