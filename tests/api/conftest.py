"""The API over real parts: SQLite, files, Redis, the policy's child process; only the sandbox is left out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any, cast

import pytest
import redis
from httpx import Response
from starlette.testclient import TestClient

from api.app import create_app
from api.errors import PROBLEMS
from policies.verdict import Verdict
from store.blobs import Blobs
from store.catalog import Catalog, Tenant, Version
from store.generations import bump
from store.jobs.back import Claim, JobBack, Settlement
from store.jobs.records import OutputKind
from store.payloads import Payloads
from store.settings import StoreSettings
from tests.api.contract import WatchedClient
from tests.api.serving import Served, serving
from worker.payloads import fetch, keep

SOURCE = b"""\
from torch import nn


class Echo(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Linear(1, 1)

    def predict_single(self, x):
        return x
"""


def weights(**tensors: int) -> bytes:
    """A safetensors file written by hand: float32 vectors of the given lengths."""
    header, at = {}, 0
    for name, length in (tensors or {"scale.weight": 1, "scale.bias": 1}).items():
        header[name] = {"dtype": "F32", "shape": [length], "data_offsets": [at, at + 4 * length]}
        at += 4 * length
    head = json.dumps(header).encode()
    return len(head).to_bytes(8, "little") + head + bytes(at)


@dataclass(frozen=True, slots=True)
class Account:
    """A tenant of the installation under test, and a key of it."""

    tenant: Tenant
    key: str

    @property
    def headers(self) -> dict[str, str]:
        """What authenticates its requests."""
        return {"Authorization": f"Bearer {self.key}"}


class Installation:
    """The stores beside the API: what an operator and a worker would do to them."""

    def __init__(self, settings: StoreSettings) -> None:
        self.settings = settings
        self.catalog = Catalog.open(settings.database_url)
        self.redis = redis.Redis.from_url(settings.redis_url)
        self.blobs = Path(settings.blobs_url.removeprefix("file://"))
        self.payloads = Payloads(Blobs.open(settings.blobs_url, settings.data / "cache"))

    def account(self, name: str) -> Account:
        """A new tenant with a key."""
        tenant = self.catalog.tenants.create(name)
        _, secret = self.catalog.keys.create(tenant.id, name="test")
        return Account(tenant, secret)

    def changed(self, account: Account) -> None:
        """What every administrative change ends with."""
        bump(self.redis, account.tenant.id)

    def quotas(self, account: Account, **values: int) -> None:
        """Set quotas, in force at once."""
        self.catalog.quotas.set(account.tenant.id, values)
        self.changed(account)

    def ready(self, account: Account, name: str = "echo", **config: Any) -> Version:
        """A version that has passed its check."""
        version = self.store(account, name, **config)
        self.finish(version)
        return version

    def store(self, account: Account, name: str = "echo", **config: Any) -> Version:
        """A version that is still being checked."""
        return self.catalog.models.add_version(
            account.tenant.id,
            name,
            source_sha256="0" * 64,
            weights_sha256="1" * 64,
            weights_bytes=8,
            source_bytes=len(SOURCE),
            config=config,
            verdict=Verdict("0" * 64, "1", "3.11", "Echo"),
            status="checking",
        )

    def finish(self, version: Version, **values: Any) -> None:
        """What a worker does at the end of a check."""
        self.catalog.models.finish_check(version.id, **{"status": "ready", **values})
        bump(self.redis, version.tenant_id)

    def work(self, answer: Callable[[Claim], Settlement]) -> list[Claim]:
        """Take every turn on the books and settle every job in it, as a worker does."""
        back = JobBack(self.redis, worker="tester")
        back.heartbeat()
        done: list[Claim] = []
        for token in [token.decode() for token in cast("list[bytes]", self.redis.zrange("turns:issued", 0, -1))]:
            begun = back.begin(token)
            if begun is None:
                continue
            settled = back.settle(token, begun[0], (), want=100)
            done += settled.claims
            back.settle(token, begun[0], [answer(claim) for claim in settled.claims], want=0)
            back.end(token)
        return done

    def echo(self) -> list[Claim]:
        """Answer every waiting job with its own input."""
        return self.work(echoed)

    def echo_large(self) -> list[Claim]:
        """Answer every waiting job with its own input, wherever that is, with large answers in the blob store."""

        def answer(claim: Claim) -> Settlement:
            (whole,) = fetch(self.payloads, [claim]).claims
            return keep(self.payloads, echoed(whole), inline_bytes=self.settings.inline_bytes, stop=Event())

        return self.work(answer)

    def stored(self) -> set[str]:
        """The names of large inputs and outputs."""
        return {found.name for found in self.payloads.list()}

    def leftovers(self) -> list[Path]:
        """Files of uploads that were not cleaned up."""
        return list((self.blobs / "tmp").iterdir())

    def close(self) -> None:
        """Close the connections."""
        self.catalog.close()
        self.redis.close()


def echoed(claim: Claim) -> Settlement:
    """The input as the output, in 2 ms."""
    kind: OutputKind = "bytes" if claim.kind == "bytes" else "json"
    output = claim.payload if claim.kind != "text" else json.dumps(claim.payload.decode()).encode()
    return Settlement(claim, "succeeded", predict_seconds=0.002, output_kind=kind, output=output)


def store_settings(data: Path, redis_url: str) -> StoreSettings:
    """Settings of a private installation."""
    return StoreSettings(data=data, run_dir=data / "run", redis_url=redis_url).resolved()


@pytest.fixture
def installation(tmp_path: Path, redis_url: str) -> Iterator[Installation]:
    found = Installation(store_settings(tmp_path / "data", redis_url))
    yield found
    found.close()


@pytest.fixture
def api(installation: Installation) -> Iterator[TestClient]:
    with WatchedClient(create_app(installation.settings), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def served(installation: Installation, tmp_path: Path) -> Iterator[Served]:
    with serving(installation.settings, tmp_path / "api.log") as found:
        yield found


@pytest.fixture
def acme(installation: Installation) -> Account:
    return installation.account("acme")


@pytest.fixture
def other(installation: Installation) -> Account:
    return installation.account("other")


def upload(
    api: TestClient,
    account: Account,
    *,
    name: str = "echo",
    source: bytes = SOURCE,
    weights_file: bytes | None = None,
    **parts: str,
) -> Response:
    """A multipart upload as any HTTP client sends it."""
    files = {"source": ("model.py", source), "weights": ("w.safetensors", weights_file or weights())}
    return api.post("/v1/models", data={"name": name, **parts}, files=files, headers=account.headers)


@pytest.fixture
def version(installation: Installation, acme: Account) -> Version:
    """A model that echoes."""
    return installation.ready(acme)


@pytest.fixture
def pumps(installation: Installation, tmp_path: Path) -> Iterator[Callable[[], Any]]:
    """Starts pumps; those that live at the end are killed."""
    from tests.api.pumping import Pump  # which needs what is above

    started: list[Pump] = []

    def start() -> Pump:
        started.append(Pump(installation, tmp_path, len(started)))
        return started[-1]

    yield start
    for pump in started:
        pump.kill()


@pytest.fixture
def ask(api: TestClient, acme: Account, version: Version) -> Callable[..., Any]:
    """Open a batch; its JSON."""

    def opened(content: bytes, query: str = "", **headers: str) -> Any:
        extra = {name.replace("_", "-"): value for name, value in headers.items()}
        response = api.post(f"/v1/models/echo/batches{query}", content=content, headers={**acme.headers, **extra})
        assert response.status_code == 202, response.text
        return response.json()

    return opened


def submit(api: TestClient, account: Account, value: Any = 1, *, name: str = "echo", **headers: str) -> Response:
    """A job with a JSON input."""
    extra = {key.replace("_", "-"): text for key, text in headers.items()}
    return api.post(f"/v1/models/{name}/jobs", json={"input": value}, headers={**account.headers, **extra})


def assert_problem(response: Response, status: int, code: str) -> dict[str, Any]:
    """The response is this problem, in the one shape all problems have."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    body: dict[str, Any] = response.json()
    assert (response.status_code, body["code"]) == (status, code), body
    assert body["status"] == status
    assert body["type"] == (PROBLEMS[code].type or f"urn:cloche:problem:{code}")
    assert body["title"]
    assert body["detail"].endswith((".", ")"))
    return body
