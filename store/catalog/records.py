"""What the catalogue gives: frozen, typed, and free of SQL. Times are aware and in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from policies.allowlist.entries import Allowances
from policies.quotas import Quotas
from policies.verdict import Verdict

Status = Literal["checking", "ready", "refused", "failed"]
LoadMode = Literal["auto", "meta", "plain"]
Origin = Literal["default", "plan", "tenant"]  # of a quota's value
DisabledReason = Literal["by_tenant", "by_operator", "gone", "failing"]
PolicyAction = Literal["allow", "deny", "reset", "exempt", "unexempt"]


@dataclass(frozen=True, slots=True)
class Tenant:
    """Somebody who uploads models. ``webhook_secret``, the newest one, signs what is sent to them; never log it."""

    id: str
    name: str
    created_at: datetime
    suspended_at: datetime | None = None
    webhook_secret: str = field(default="", repr=False)

    @property
    def suspended(self) -> bool:
        """True while nothing of this tenant is served."""
        return self.suspended_at is not None


@dataclass(frozen=True, slots=True)
class Key:
    """A bearer key, without its secret: only a hash of that is stored.

    ``model_id`` set makes it an access token: it may run that model and nothing else.
    ``prefix`` is the beginning of the secret, enough to recognise it by.
    """

    id: str
    tenant_id: str
    name: str
    prefix: str
    created_at: datetime
    model_id: str | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """Source and weights of one upload. Only status, load mode, error and verdict ever change.

    ``error`` is JSON-able and set when status is failed: what loading it came to.
    ``class_name`` is empty only for a refused source in which no class could be told.
    ``verdict_allowances`` is the fingerprint of what the operator allowed when the verdict was made.
    """

    id: str
    model_id: str
    tenant_id: str
    model_name: str
    number: int
    status: Status
    class_name: str
    source_sha256: str
    source_bytes: int
    weights_sha256: str
    weights_bytes: int
    config: dict[str, Any]
    verdict: Verdict
    error: dict[str, Any] | None
    load_mode: LoadMode
    created_at: datetime
    checked_at: datetime | None
    verdict_allowances: str = ""

    @property
    def gpus(self) -> int:
        """How many GPUs it asks for: it runs on workers that own some, or, with 0, on all others."""
        return int(self.config.get("gpus", 0))


@dataclass(frozen=True, slots=True)
class Model:
    """A name in a tenant, with its versions in the order of their numbers (never none)."""

    id: str
    tenant_id: str
    name: str
    created_at: datetime
    versions: tuple[Version, ...]

    @property
    def latest(self) -> Version:
        """The newest upload, ready or not."""
        return self.versions[-1]

    @property
    def latest_ready(self) -> Version | None:
        """The version that serves the model's jobs, or None while nothing can."""
        return next((version for version in reversed(self.versions) if version.status == "ready"), None)


@dataclass(frozen=True, slots=True)
class Terms:
    """What an operator decided for a tenant: how much it may use, and what its sources may do.

    ``listening`` is what its enabled webhook endpoints ask for together, as ``policies.events`` counts it.
    """

    quotas: Quotas
    allowances: Allowances
    listening: int = 0


@dataclass(frozen=True, slots=True)
class WebhookEndpoint:
    """A URL that a tenant wants told of events. ``events`` holds names of ``policies.events``, or ``*``.

    Disabled, it says since when, by whom or what (``disabled_reason``) and why in a sentence.
    """

    id: str
    tenant_id: str
    url: str
    description: str
    events: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    disabled_at: datetime | None = None
    disabled_reason: DisabledReason | None = None
    disabled_note: str = ""

    @property
    def enabled(self) -> bool:
        """True while deliveries are sent to it."""
        return self.disabled_at is None


@dataclass(frozen=True, slots=True)
class SigningSecret:
    """A secret that signs deliveries, an endpoint's or a tenant's; ``expires_at`` is set once another follows.

    Never log it.
    """

    secret: str = field(repr=False)
    created_at: datetime
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Destination:
    """All that sending needs to know of an endpoint, of one moment. The newest secret comes first."""

    endpoint: WebhookEndpoint
    secrets: tuple[str, ...] = field(repr=False)
    tenant_suspended: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A named set of quotas. ``quotas`` holds those it sets; the others are left to the default."""

    name: str
    created_at: datetime
    quotas: Mapping[str, int]
    tenant_ids: tuple[str, ...]  # of the tenants on it


@dataclass(frozen=True, slots=True)
class Exemption:
    """A tenant whose code an operator trusts, with who said so, when and why."""

    tenant_id: str
    tenant_name: str
    reason: str
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """One decision on record. ``path`` is empty where the action is about the tenant as a whole."""

    tenant_id: str
    tenant_name: str
    at: datetime
    who: str
    action: PolicyAction
    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Usage:
    """What a tenant's jobs of one model used on one day (UTC), by when they ended.

    ``failed`` is the model's doing, ``platform`` ours. Models go by name: one that was deleted and made anew goes on.
    """

    day: date
    tenant_id: str
    model: str
    succeeded: int = 0
    failed: int = 0
    platform: int = 0
    canceled: int = 0
    expired: int = 0
    run_seconds: float = 0.0
    gpu_seconds: float = 0.0
    input_bytes: int = 0
    output_bytes: int = 0
