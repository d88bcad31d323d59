"""What the policy said about a source, and how it prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """One thing a source may not do, and where. ``line`` and ``column`` count from 1, as editors do."""

    line: int
    column: int
    code: str
    message: str
    hint: str = ""
    source_line: str = ""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Violation:
        """From the engine's JSON. Unknown fields are ignored, so that older clients read newer engines."""
        return cls(
            line=int(data.get("line", 1)),
            column=int(data.get("column", 1)),
            code=str(data.get("code", "")),
            message=str(data.get("message", "")),
            hint=str(data.get("hint") or ""),
            source_line=str(data.get("source_line") or ""),
        )

    def render(self, *, path: str = "model.py") -> str:
        """The violation as a linter prints one: where, what, the line, a caret under it, what to do."""
        lines = [f"{path}:{self.line}:{self.column}: {self.code} {self.message}"]
        if self.source_line.strip():
            lines += [f"    {self.source_line.rstrip()}", f"    {self._caret()}"]
        if self.hint:
            lines.append(f"    help: {self.hint}")
        return "\n".join(lines)

    def _caret(self) -> str:
        before = self.source_line[: self.column - 1]
        # Tabs stay tabs, so that the caret stands under its column at any tab width.
        return "".join("\t" if char == "\t" else " " for char in before) + "^"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The policy's answer for one source: accepted exactly when ``violations`` is empty."""

    class_name: str | None = None
    policy_version: str = ""
    violations: tuple[Violation, ...] = field(default=())

    @property
    def accepted(self) -> bool:
        """True when nothing was found that the policy refuses."""
        return not self.violations

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Verdict:
        """From the engine's JSON."""
        return cls(
            class_name=data.get("class_name"),
            policy_version=str(data.get("policy_version") or ""),
            violations=tuple(Violation.from_dict(v) for v in data.get("violations") or ()),
        )


def render_violations(violations: Sequence[Violation], *, path: str = "model.py") -> str:
    """All of them, in the order of the file, an empty line between two."""
    return "\n\n".join(v.render(path=path) for v in sorted(violations))
