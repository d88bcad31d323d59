"""Real sandboxes for tests: the image is built if it is missing, logs are shown on failure, nothing is left."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docker
import docker.errors
import pytest
import torch
from safetensors.torch import save_file

from policies.limits import MIB, Limits
from sandbox.contract import Bundle, Call
from sandbox.docker_driver import OWNER_LABEL, DockerDriver
from sandbox.image import build
from sandbox.outcome import Outcome
from sandbox.pool import Pool

SMALL = Limits(memory_bytes=512 * MIB, timeout_seconds=5.0, load_timeout_seconds=5.0)

ECHO = """
import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        return x
"""


@dataclass
class Models:
    """Writes versions: a folder of its own for each, files that the sandbox's user may not read by path."""

    folder: Path
    number: int = 0
    limits: Limits = field(default_factory=lambda: SMALL)

    def version(
        self, source: str, tensors: dict[str, torch.Tensor] | None = None, *, name: str = "Model", **more: Any
    ) -> Bundle:
        """A version of this source and these weights."""
        self.number += 1
        folder = self.folder / str(self.number)
        folder.mkdir()
        (folder / "source").write_text(source)
        save_file(tensors or {}, folder / "weights")
        for path in folder.iterdir():
            path.chmod(0o400)
        return Bundle(
            "ten_1", f"ver_{self.number}", name, folder / "source", folder / "weights", **{"limits": self.limits} | more
        )


def call(value: Any = None, *, timeout_seconds: float = 5.0) -> Call:
    """A JSON call."""
    return Call(f"job_{secrets.token_hex(8)}", "json", json.dumps(value).encode(), timeout_seconds)


def ask(sandbox: Any, value: Any = None, *, timeout_seconds: float = 5.0) -> Outcome:
    """One call's outcome."""
    outcomes: list[Outcome] = list(sandbox.run([call(value, timeout_seconds=timeout_seconds)]))
    assert len(outcomes) == 1
    return outcomes[0]


@pytest.fixture(scope="session")
def image() -> str:
    """The runner image's tag; built now if this machine has none."""
    return build.build(say=print)


@pytest.fixture(scope="session")
def owner() -> Iterator[str]:
    """This test run's installation name. At the end every container that bears it is removed."""
    name = f"test-{secrets.token_hex(4)}"
    yield name
    client = docker.from_env()
    for container in client.containers.list(all=True, ignore_removed=True, filters={"label": f"{OWNER_LABEL}={name}"}):
        container.remove(force=True)
    client.close()


@pytest.fixture(scope="session")
def sandbox_run_dir() -> Iterator[Path]:
    """A short folder for sockets."""
    folder = Path(tempfile.mkdtemp(prefix="cl-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def runtime() -> str | None:
    """``CLOCHE_SANDBOX_RUNTIME=runsc`` runs every test of sandboxes under gVisor."""
    return os.environ.get("CLOCHE_SANDBOX_RUNTIME") or None


@pytest.fixture(scope="session")
def driver(image: str, owner: str, sandbox_run_dir: Path, runtime: str | None) -> Iterator[DockerDriver]:
    """One real driver for the whole run."""
    driver = DockerDriver(run_dir=sandbox_run_dir, image=image, owner=owner, runtime=runtime, blank_limits=SMALL)
    yield driver
    driver.close()


@pytest.fixture(scope="session")
def pool(driver: DockerDriver) -> Iterator[Pool]:
    """One real pool: two blank sandboxes ahead, because attacks use them up."""
    pool = Pool(driver, blanks=2, memory_budget_bytes=8192 * MIB)
    yield pool
    pool.close()


@pytest.fixture
def models(tmp_path: Path) -> Models:
    """Versions for one test."""
    return Models(tmp_path)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """On a failure show what every sandbox of this run printed."""
    report = yield
    name = getattr(item, "funcargs", {}).get("owner")
    if report.failed and name:
        client = docker.from_env()
        for container in client.containers.list(
            all=True, ignore_removed=True, filters={"label": f"{OWNER_LABEL}={name}"}
        ):
            try:
                text = container.logs(tail=50).decode("utf-8", "replace")
            except docker.errors.APIError as exc:  # it is being removed right now
                text = str(exc)
            report.sections.append((f"sandbox {container.short_id} {container.status}", text))
        client.close()
    return report
