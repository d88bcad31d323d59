"""A tenant of the session's engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import Engine
from tests.e2e.conftest import Customer


@pytest.fixture(scope="session")
def customer(engine: Engine) -> Iterator[Customer]:
    """A tenant whose jobs meet faults; the end-to-end tests of the same session have another."""
    customer = Customer(engine, engine.tenant("faulty"))
    yield customer
    customer.http.close()
