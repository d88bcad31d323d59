"""Uploading small models and asking them, over HTTP, through the whole engine."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import torch
from safetensors.torch import save

from tests.conftest import Engine

_NAMES = itertools.count()


class Customer:
    """One tenant with its key, talking plain HTTP."""

    def __init__(self, engine: Engine, key: str) -> None:
        self.http = httpx.Client(base_url=engine.url, headers={"Authorization": f"Bearer {key}"}, timeout=90)
        self.key = key

    def upload(
        self, source: str, weights: dict[str, torch.Tensor] | bytes | None = None, **config: Any
    ) -> tuple[str, dict[str, Any]]:
        """Upload a model under a fresh name; its name and its version once it left checking."""
        name = f"model-{next(_NAMES)}"
        body = weights if isinstance(weights, bytes) else save(weights or {"scale": torch.ones(1)})
        files: dict[str, Any] = {"source": ("model.py", source.encode()), "weights": ("w.safetensors", body)}
        made = self.http.post("/v1/models", data={"name": name, "config": json.dumps(config)}, files=files)
        assert made.status_code == 201, made.text
        return name, self.settled(name, made.json()["version"])

    def settled(self, name: str, number: int) -> dict[str, Any]:
        """The version as soon as it is not checking any more."""
        for _ in range(6):
            found = self.http.get(f"/v1/models/{name}/versions/{number}", headers={"Prefer": "wait=20"}).json()
            if found["status"] != "checking":
                break
        version: dict[str, Any] = found
        return version

    def ready(
        self, body: str, *, forward: str = "", weights: dict[str, torch.Tensor] | None = None, **config: Any
    ) -> str:
        """Upload a model whose predict_single has this body; its name. It must become ready."""
        name, version = self.upload(source(body), weights, **config)
        assert version["status"] == "ready", version
        return name

    def ask(self, name: str, value: Any, *, wait: int = 60, **options: Any) -> dict[str, Any]:
        """Submit and wait; the job."""
        answer = self.http.post(
            f"/v1/models/{name}/jobs", json={"input": value, **options}, headers={"Prefer": f"wait={wait}"}
        )
        assert answer.status_code in (200, 202), answer.text
        job: dict[str, Any] = answer.json()
        return job


def source(body: str, *, extra: str = "", imports: str = "import torch\nfrom torch import nn\n") -> str:
    """A model.py with one parameter and that predict_single."""
    indented = "\n".join("        " + line for line in body.splitlines())
    return (
        f"{imports}\n\nclass Model(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        f"        self.scale = nn.Parameter(torch.ones(1))\n{extra}\n\n    def predict_single(self, x):\n{indented}\n"
    )


@pytest.fixture(scope="session")
def customer(engine: Engine) -> Iterator[Customer]:
    """A tenant that most tests share."""
    customer = Customer(engine, engine.tenant("shared"))
    engine.admin("quotas", "set", "shared", "models=500")  # how many files share it is up to who runs them
    yield customer
    customer.http.close()
