"""Models and their versions, as the engine tells of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from cloche._verdict import Verdict

VersionStatus = Literal["checking", "ready", "refused", "failed"]


@dataclass(frozen=True, slots=True)
class Version:
    """One upload of a model: immutable but for its status.

    ``error`` is the engine's own JSON, set when ``status`` is "failed".
    """

    model: str
    model_id: str
    number: int
    status: VersionStatus
    verdict: Verdict = field(default_factory=Verdict)
    error: Mapping[str, Any] | None = None

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Version:
        """From the engine's JSON."""
        return cls(
            model=str(data["model"]),
            model_id=str(data["model_id"]),
            number=int(data["version"]),
            status=data["status"],
            verdict=Verdict.from_dict(data.get("verdict") or {}),
            error=data.get("error"),
        )


@dataclass(frozen=True, slots=True)
class Model:
    """A name in a tenant, with its versions, newest first."""

    id: str
    name: str
    versions: tuple[Version, ...] = ()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Model:
        """From the engine's JSON."""
        versions = [Version.from_dict(v) for v in data.get("versions") or ()]
        return cls(
            id=str(data["id"]),
            name=str(data["name"]),
            versions=tuple(sorted(versions, key=lambda v: v.number, reverse=True)),
        )
