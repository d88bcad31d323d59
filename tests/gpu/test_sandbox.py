"""A real sandbox on a real GPU, through the engine: driver, hardening, runner, pool."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from policies.limits import GIB
from sandbox.contract import Bound
from sandbox.devices import Devices
from sandbox.docker_driver import DockerDriver
from sandbox.image import build
from tests.sandbox.real import SMALL, Models, ask

ON_GPU = replace(SMALL, memory_bytes=4 * GIB, gpus=1, gpu_memory_bytes=GIB, timeout_seconds=30, load_timeout_seconds=60)
SOURCE = """
import torch

class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = torch.nn.Linear(4, 2)

    def predict_single(self, x):
        if x == "memory":
            return torch.empty(2**32, dtype=torch.uint8, device="cuda").sum()
        if x == "assert":
            return torch.zeros(4, device="cuda")[torch.tensor([99], device="cuda")]
        if x == "devices":
            return [torch.cuda.device_count(), str(self.fc.weight.device)]
        return self.fc(torch.tensor(x, device="cuda"))
"""


@pytest.fixture
def driver(owner: str, sandbox_run_dir: Path) -> Iterator[DockerDriver]:
    """On this machine's first GPU."""
    made = DockerDriver(run_dir=sandbox_run_dir, image=build.build(say=print), owner=owner, devices=Devices(["0"]))
    yield made
    made.close()


def test_a_sandbox_computes_on_its_gpu(driver: DockerDriver, models: Models) -> None:
    """Bound from mapped weights, one device and no other, faults told apart, and a fresh sandbox after each."""
    version = models.version(
        SOURCE, {"fc.weight": torch.eye(4)[:2].contiguous(), "fc.bias": torch.zeros(2)}, limits=ON_GPU
    )
    for value, kind in (("memory", "out_of_memory"), ("assert", "crashed")):
        sandbox = driver.start()
        assert isinstance(sandbox.bind(version), Bound)
        assert json.loads(ask(sandbox, [1.0, 2.0, 3.0, 4.0], timeout_seconds=30).output) == [1.0, 2.0]
        assert json.loads(ask(sandbox, "devices").output) == [1, "cuda:0"]
        assert ask(sandbox, value, timeout_seconds=30).kind == kind
        assert not sandbox.alive
