"""What the policy said about one source file."""

from __future__ import annotations

from dataclasses import dataclass, field


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
