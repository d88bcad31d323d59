"""The catalogue's tables. A change here needs a migration; a test compares the two."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, MetaData, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from policies.verdict import Verdict
from store.catalog.columns import UtcTime, VerdictJson


class Base(DeclarativeBase):
    """Every constraint has a name, so that a migration can find it again in both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class TenantRow(Base):
    """One tenant. Its row is the lock under which its quotas are counted."""

    __tablename__ = "tenants"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    suspended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    webhook_secret: Mapped[str] = mapped_column(String(100))
    secret_rotated_at: Mapped[datetime | None] = mapped_column(UtcTime)


class QuotaRow(Base):
    """A quota set for one tenant. No row means its plan's, or the default of the running release."""

    __tablename__ = "quotas"

    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)


class PlanRow(Base):
    """A named set of quotas."""

    __tablename__ = "plans"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class PlanQuotaRow(Base):
    """A quota that a plan sets. No row means the default of the running release."""

    __tablename__ = "plan_quotas"

    plan: Mapped[str] = mapped_column(ForeignKey("plans.name"), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)


class TenantPlanRow(Base):
    """The plan a tenant is on. No row: none."""

    __tablename__ = "tenant_plans"

    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True)
    plan: Mapped[str] = mapped_column(ForeignKey("plans.name"), index=True)


class ModelRow(Base):
    """A name in a tenant. ``last_number`` only grows: a number is never given twice."""

    __tablename__ = "models"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    last_number: Mapped[int]
    versions: Mapped[list[VersionRow]] = relationship(
        order_by="VersionRow.number", back_populates="model", passive_deletes=True
    )


class VersionRow(Base):
    """One upload. Immutable but for what checking it finds out."""

    __tablename__ = "versions"
    __table_args__ = (UniqueConstraint("model_id", "number"), Index(None, "status", "created_at"))

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    model_id: Mapped[str] = mapped_column(ForeignKey("models.id", ondelete="CASCADE"))
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), index=True)
    number: Mapped[int]
    status: Mapped[str] = mapped_column(String(20))
    class_name: Mapped[str]
    source_sha256: Mapped[str] = mapped_column(String(64))
    source_bytes: Mapped[int] = mapped_column(BigInteger)
    weights_sha256: Mapped[str] = mapped_column(String(64))
    weights_bytes: Mapped[int] = mapped_column(BigInteger)
    config: Mapped[dict[str, Any]] = mapped_column(JSON)
    verdict: Mapped[Verdict] = mapped_column(VerdictJson)
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    load_mode: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    checked_at: Mapped[datetime | None] = mapped_column(UtcTime)
    verdict_allowances: Mapped[str] = mapped_column(String(64))
    model: Mapped[ModelRow] = relationship(back_populates="versions")


class KeyRow(Base):
    """A bearer key. ``hash`` is the SHA-256 of its secret, which has 256 random bits: no salt is needed."""

    __tablename__ = "keys"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), index=True)
    model_id: Mapped[str | None] = mapped_column(ForeignKey("models.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    prefix: Mapped[str] = mapped_column(String(20))
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcTime)


class EndpointRow(Base):
    """A URL of a tenant's that is told of events. Disabled where ``disabled_at`` is set."""

    __tablename__ = "webhook_endpoints"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), index=True)
    url: Mapped[str] = mapped_column(String(2048))
    description: Mapped[str] = mapped_column(String(500))
    events: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    updated_at: Mapped[datetime] = mapped_column(UtcTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcTime)
    disabled_reason: Mapped[str | None] = mapped_column(String(20))
    disabled_note: Mapped[str] = mapped_column(String(500))


class EndpointSecretRow(Base):
    """A secret of an endpoint. The one without an end is in force; others are still signed with until theirs."""

    __tablename__ = "webhook_secrets"

    secret: Mapped[str] = mapped_column(String(100), primary_key=True)
    endpoint_id: Mapped[str] = mapped_column(ForeignKey("webhook_endpoints.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcTime)


class TenantSecretRow(Base):
    """What was a tenant's ``webhook_secret``, and is still signed with until its end."""

    __tablename__ = "tenant_secrets"

    secret: Mapped[str] = mapped_column(String(100), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)


class AllowanceRow(Base):
    """A dotted path that is open ("added") to a tenant or closed ("removed"), whatever the project's list says."""

    __tablename__ = "allowances"

    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True)
    path: Mapped[str] = mapped_column(String(200), primary_key=True)
    effect: Mapped[str] = mapped_column(String(10))


class ExemptionRow(Base):
    """A tenant whose code is trusted: only the rules about file and structure hold for it."""

    __tablename__ = "exemptions"

    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True)
    reason: Mapped[str] = mapped_column(String(1000))
    who: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(UtcTime)


class PolicyLogRow(Base):
    """One decision. Triggers refuse to change or delete it, and it outlives its tenant."""

    __tablename__ = "policy_log"

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[str] = mapped_column(String(40), index=True)
    tenant_name: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime] = mapped_column(UtcTime)
    who: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(20))
    path: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(1000))


class UsageRow(Base):
    """What ended on one day (UTC), of one tenant and one model's name. Outlives both."""

    __tablename__ = "usage"

    day: Mapped[date] = mapped_column(primary_key=True)
    tenant_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    model: Mapped[str] = mapped_column(String(100), primary_key=True)
    succeeded: Mapped[int] = mapped_column(BigInteger)
    failed: Mapped[int] = mapped_column(BigInteger)
    platform: Mapped[int] = mapped_column(BigInteger)
    canceled: Mapped[int] = mapped_column(BigInteger)
    expired: Mapped[int] = mapped_column(BigInteger)
    run_us: Mapped[int] = mapped_column(BigInteger)
    gpu_us: Mapped[int] = mapped_column(BigInteger)
    input_bytes: Mapped[int] = mapped_column(BigInteger)
    output_bytes: Mapped[int] = mapped_column(BigInteger)


class UsagePageRow(Base):
    """A page of the ledger that is counted already."""

    __tablename__ = "usage_pages"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    written_at: Mapped[datetime] = mapped_column(UtcTime)
