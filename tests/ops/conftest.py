"""Installations of the tests' own, taken down at the end whatever happened."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ops.here import Here, free_port


@pytest.fixture(scope="module")
def here() -> Iterator[Here]:
    """One for the module's tests, in their order; nothing of it is up at first."""
    yield from _installation()


@pytest.fixture
def fresh() -> Iterator[Here]:
    """One for a single test."""
    yield from _installation()


def _installation() -> Iterator[Here]:
    folder = Path(tempfile.mkdtemp(prefix="cl-"))
    place = Here(folder, port=free_port())
    yield place
    place.run("down")
    shutil.rmtree(folder, ignore_errors=True)
