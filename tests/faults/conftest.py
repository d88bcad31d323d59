"""A tenant of the session's engine."""

from tests.e2e.conftest import customer

__all__ = ["customer"]
