"""Column types that mean the same in SQLite and in PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect
from sqlalchemy.types import TypeDecorator

from policies.verdict import Verdict


class UtcTime(TypeDecorator[datetime]):
    """An aware time, kept in UTC. SQLite stores no zone, so it is taken off and put back here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time: it would mean another moment on another machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time in the catalogue must carry its zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The same moment, in UTC whatever the database's session says."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class VerdictJson(TypeDecorator[Verdict]):
    """A verdict as the JSON that the API shows."""

    # JSON and not JSONB: JSONB refuses the \\u0000 that a hostile source can put into a violation's source line.
    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Verdict | None, dialect: Dialect) -> dict[str, Any] | None:
        """As a plain dict."""
        return None if value is None else value.to_dict()

    def process_result_value(self, value: dict[str, Any] | None, dialect: Dialect) -> Verdict | None:
        """As it went in."""
        return None if value is None else Verdict.from_dict(value)
