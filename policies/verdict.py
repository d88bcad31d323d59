"""What the policy said about one source file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """One thing a source file may not do, and where.

    ``line`` and ``column`` count from 1, as editors do; 1:1 stands for the whole file.
    ``message`` says what is wrong in one sentence, ``hint`` what to do instead.
    """

    line: int
    column: int
    code: str
    message: str
    hint: str = ""
    source_line: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The policy's answer for one source: accepted exactly when ``violations`` is empty.

    ``class_name`` is the model's one class, known whenever the structure rules hold.
    ``policy_version`` and ``python_version`` say which rules and which grammar were applied,
    so that a stored verdict can be recognised as out of date.
    """

    source_sha256: str
    policy_version: str
    python_version: str
    class_name: str | None = None
    violations: tuple[Violation, ...] = field(default=())

    @property
    def accepted(self) -> bool:
        """True when nothing was found that the policy refuses."""
        return not self.violations

    def to_dict(self) -> dict[str, Any]:
        """The verdict as plain JSON-able data, ``accepted`` included for whoever reads it."""
        plain = asdict(self)
        plain["violations"] = [asdict(violation) for violation in self.violations]
        plain["accepted"] = self.accepted
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Verdict:
        """The verdict that ``to_dict`` was called on. Unknown keys are ignored; missing ones raise KeyError."""
        return cls(
            source_sha256=plain["source_sha256"],
            policy_version=plain["policy_version"],
            python_version=plain["python_version"],
            class_name=plain["class_name"],
            violations=tuple(_violation(each) for each in plain["violations"]),
        )


def _violation(plain: Mapping[str, Any]) -> Violation:
    return Violation(
        line=plain["line"],
        column=plain["column"],
        code=plain["code"],
        message=plain["message"],
        hint=plain["hint"],
        source_line=plain["source_line"],
    )
