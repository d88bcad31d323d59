"""Real sandboxes, and no policy in front of them."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from sandbox.contract import Bundle
from tests.attacks.play import Stage
from tests.sandbox.real import (
    ECHO,
    Models,
    driver,
    image,
    models,
    owner,
    pool,
    pytest_runtest_makereport,
    runtime,
    sandbox_run_dir,
)

__all__ = ["driver", "image", "models", "owner", "pool", "pytest_runtest_makereport", "runtime", "sandbox_run_dir"]


@pytest.fixture(scope="module")
def neighbour(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A well-behaved version of another tenant, bound on the same host all the time."""
    return replace(Models(tmp_path_factory.mktemp("good")).version(ECHO), tenant_id="ten_2", version_id="ver_good")


@pytest.fixture(scope="module")
def abstract_socket() -> Iterator[str]:
    """An abstract unix socket of the host, open to everybody on it."""
    name = f"cloche-attack-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"\0{name}")
        server.listen()
        yield name


@pytest.fixture
def stage(models: Models, neighbour: Bundle, abstract_socket: str, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """What an attack finds around itself."""
    monkeypatch.setenv("CLOCHE_SECRET", "the host's")
    return Stage(models, neighbour, abstract_socket)
