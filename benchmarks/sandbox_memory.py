"""What sandboxes cost in memory: the kernel's proportional set size, in which a shared page counts once in all.

Needs root: the processes are other users'.
"""

from __future__ import annotations

import functools
import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import docker
from docker.models.containers import Container

from sandbox.contract import Bundle

NAIVE = """
import sys
import torch
from safetensors.torch import load_file
module = {}
exec(open("/version/model.py").read(), module)
with torch.inference_mode():
    model = module["Model"]().eval()
    model.load_state_dict(load_file("/version/model.safetensors"))
    model.predict_single(0)
print("ready", flush=True)
import time
time.sleep(3600)
"""


def pss_bytes(container_id: str) -> int:
    """Of every process in the container."""
    client = docker.from_env()
    rows = client.api.top(container_id)["Processes"]
    client.close()
    return sum(_pss_bytes(int(row[1])) for row in rows)


def average_mib(container_ids: Sequence[str]) -> float:
    """Each one's share."""
    return statistics.mean(pss_bytes(each) for each in container_ids) / (1 << 20)


@contextmanager
def naive(bundle: Bundle, *, image: str, count: int) -> Iterator[list[str]]:
    """Containers as one would start them by hand: Python, torch, the model, its weights loaded. Their ids."""
    client = docker.from_env()
    made: list[Container] = []
    mounts = {
        str(bundle.source): {"bind": "/version/model.py", "mode": "ro"},
        str(bundle.weights): {"bind": "/version/model.safetensors", "mode": "ro"},
    }
    try:
        start = functools.partial(client.containers.run, image, detach=True, network_mode="none")
        made += [start(entrypoint=["python3", "-c", NAIVE], volumes=mounts) for _ in range(count)]
        for container in made:
            if not any(b"ready" in line for line in container.logs(stream=True)):
                raise SystemExit(f"The container beside ours ended: {container.logs().decode()}")
        yield [str(container.id) for container in made]
    finally:
        for container in made:
            container.remove(force=True)
        client.close()


def _pss_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0
