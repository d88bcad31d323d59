"""compose.yaml, really built and started on this machine's engine, with whatever compose tool it has."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import httpx
import numpy as np
import pytest
from safetensors.numpy import save

from ops import extras
from ops.image import wheels
from sandbox.image import base as base_image
from tests.ops import redis_image
from tests.ops.here import ROOT, free_port

SOURCE = b"""
import torch
from torch import nn


class Scaler(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def predict_single(self, value):
        return {"scaled": float(self.scale) * value}
"""


@dataclass
class Stack:
    """One composed installation: its project name, its port, its folder on the host."""

    project: str
    port: int
    run_dir: Path
    base: str

    @property
    def env(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("CLOCHE_", "COMPOSE_"))}
        return inherited | {
            "CLOCHE_PORT": str(self.port),
            "CLOCHE_BASE_IMAGE": self.base,
            "CLOCHE_REDIS_IMAGE": f"{self.project}-redis",
            "CLOCHE_SERVICE_IMAGE": f"{self.project}-service",
            "CLOCHE_COMPOSE_RUN_DIR": str(self.run_dir),
        }

    def compose(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Call the compose tool."""
        tool = extras.compose_command()
        assert tool, "no compose tool is installed; run `make test`"
        command = [*tool, "--project-name", self.project, "--file", str(ROOT / "compose.yaml"), *words]
        return subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=600)

    def admin(self, *words: str) -> Any:
        """`cloche-admin … --json`, in the API's container as an operator calls it."""
        done = self.compose("exec", "-T", "api", "cloche-admin", *words, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    def containers(self, service: str) -> list[Any]:
        """The containers of one service."""
        labels = [f"com.docker.compose.project={self.project}", f"com.docker.compose.service={service}"]
        return list(docker.from_env().containers.list(all=True, filters={"label": labels}))


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """The composed installation, up and ready; nothing of it is left at the end."""
    client = docker.from_env()
    base = base_image.ensure(client, say=print)
    assert wheels.fetch(ROOT / "ops" / "image" / "wheelhouse") == 0
    run_dir = Path(tempfile.mkdtemp(prefix="cl-"))
    made = Stack(project=f"cl{os.getpid()}", port=free_port(), run_dir=run_dir / "run", base=base)
    redis_image.build(run_dir / "redis-image", base=base, tag=f"{made.project}-redis")
    try:
        started = made.compose("up", "--build", "--detach")
        assert started.returncode == 0, started.stdout + started.stderr
        wait_until_ready(made)
        yield made
    finally:
        made.compose("down", "--volumes")
        for name in ("service", "redis"):
            client.images.remove(f"{made.project}-{name}", force=True)
        subprocess.run(["rm", "-rf", run_dir], check=True)


def wait_until_ready(stack: Stack) -> None:
    """/readyz is 200 only with Redis, the catalogue and a worker whose engine answers."""
    deadline = time.monotonic() + 120
    said = ""
    while time.monotonic() < deadline:
        try:
            answer = httpx.get(f"http://127.0.0.1:{stack.port}/readyz")
            if answer.status_code == 200:
                return
            said = answer.text
        except httpx.TransportError as exc:
            said = str(exc)
        time.sleep(0.2)
    raise AssertionError(said + stack.compose("logs", "--tail", "40").stdout)


def test_the_file_is_valid() -> None:
    """The compose tool reads it with nothing set, and the API's port is on loopback alone."""
    tool = extras.compose_command()
    assert tool, "no compose tool is installed; run `make test`"
    done = subprocess.run([*tool, "--file", ROOT / "compose.yaml", "config"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "127.0.0.1" in done.stdout
    assert "0.0.0.0:8000" not in done.stdout


def test_a_gpu_worker_comes_with_its_profile_only() -> None:
    """It is told its devices by the environment, and is given none itself: it is the engine that needs them."""
    tool = extras.compose_command()
    assert tool, "no compose tool is installed; run `make test`"
    command = [*tool, "--file", ROOT / "compose.yaml", "--profile", "gpu", "config"]
    environment = {**os.environ, "CLOCHE_GPUS": "GPU-1,MIG-2"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    service = re.search(r"^  gpu-worker:\n((?:    .*\n| *\n)*)", done.stdout, re.MULTILINE)
    assert service is not None
    assert re.search(r"profiles:\s*- gpu\b", service[1])
    assert re.search(r"CLOCHE_GPUS: GPU-1,MIG-2\b", service[1])
    assert "devices" not in service[1]


def test_a_model_is_served_through_the_composed_stack(stack: Stack) -> None:
    """Tenant and key from the API's container, an upload, its check in a sandbox, and an answer."""
    stack.admin("tenants", "create", "acme")
    key = stack.admin("keys", "create", "acme")["secret"]
    weights = save({"scale": np.full(1, 3.0, dtype=np.float32)})
    with httpx.Client(
        base_url=f"http://127.0.0.1:{stack.port}", headers={"Authorization": f"Bearer {key}"}, timeout=120
    ) as http:
        files = {"source": ("model.py", SOURCE), "weights": ("weights.safetensors", weights)}
        made = http.post("/v1/models", data={"name": "scaler"}, files=files)
        assert made.status_code == 201, made.text
        version = http.get("/v1/models/scaler/versions/1", headers={"Prefer": "wait=60"}).json()
        assert version["status"] == "ready", version
        job = http.post("/v1/models/scaler/jobs", json={"input": 14}, headers={"Prefer": "wait=60"}).json()
    assert job["status"] == "succeeded", job
    assert job["output"] == {"scaled": 42.0}


def test_the_api_has_no_way_to_the_engine(stack: Stack) -> None:
    """No socket, no capability, no root, a read-only root: a hole in the API is not a hole in the machine."""
    (api,) = stack.containers("api")
    host = api.attrs["HostConfig"]
    assert [mount for mount in api.attrs["Mounts"] if "docker.sock" in mount["Destination"]] == []
    assert (host["CapDrop"], host["CapAdd"], host["ReadonlyRootfs"]) == (["ALL"], None, True)
    code = "import os, importlib.util as u; print(os.getuid(), u.find_spec('torch'))"
    assert api.exec_run(["python3", "-c", code]).output.decode().split() == ["65532", "None"]


def test_the_worker_is_not_root(stack: Stack) -> None:
    """It entered as root to read the socket's group, and gave it up before it started."""
    (worker,) = stack.containers("worker")
    status = worker.exec_run(["cat", "/proc/1/status"]).output.decode()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert fields["Uid"].split() == ["65532"] * 4
    assert int(fields["CapEff"], 16) == 0


def test_redis_has_every_write_on_disk_and_no_way_out(stack: Stack) -> None:
    """Append-only, synced always, nothing evicted, on an internal network and without a port."""
    (redis,) = stack.containers("redis")
    words = redis.attrs["Config"]["Cmd"]
    assert words[words.index("--appendfsync") + 1] == "always"
    assert words[words.index("--maxmemory-policy") + 1] == "noeviction"
    assert redis.attrs["HostConfig"]["PortBindings"] in (None, {})
    (network,) = redis.attrs["NetworkSettings"]["Networks"]
    assert docker.from_env().networks.get(network).attrs["Internal"] is True


def test_down_leaves_nothing(stack: Stack) -> None:
    """Containers, sandboxes, networks and volumes of the installation are gone."""
    client = docker.from_env()
    workers = [entry.name for entry in (stack.run_dir / "sandboxes").glob("w-*.lock")]
    assert workers
    names = [name.removesuffix(".lock") for name in workers]
    done = stack.compose("down", "--volumes")
    assert done.returncode == 0, done.stderr
    project = {"label": f"com.docker.compose.project={stack.project}"}
    assert client.containers.list(all=True, filters=project) == []
    for name in names:
        assert client.containers.list(all=True, filters={"label": f"cloche.worker={name}"}) == []
    assert client.networks.list(filters=project) == []
    assert client.volumes.list(filters=project) == []
