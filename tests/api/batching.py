"""What the tests of batches ask and look at."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from starlette.testclient import TestClient

from tests.api.conftest import Account, Installation

URL = "/v1/models/echo/batches"
Ask = Callable[..., Any]


def seen(api: TestClient, account: Account, batch: Any) -> Any:
    """The batch as it stands."""
    return api.get(batch["urls"]["self"], headers=account.headers).json()


def results(api: TestClient, account: Account, batch: Any) -> list[Any]:
    """Its results so far."""
    response = api.get(batch["urls"]["results"], headers=account.headers)
    assert response.headers["content-type"] == "application/jsonl"
    return [json.loads(line) for line in response.content.splitlines()]


def ended(api: TestClient, account: Account, batch: Any) -> Callable[[], bool]:
    """Whether it has ended."""
    return lambda: seen(api, account, batch)["status"] in ("completed", "canceled")


def clean(installation: Installation, account: Account) -> None:
    """Nothing of a batch that has ended is left but its record and its results."""
    load = installation.redis.hgetall(f"load:{account.tenant.id}")
    assert [load.get(name, b"0") for name in (b"queued", b"running", b"in", b"batches")] == [b"0"] * 4
    assert installation.redis.keys("job:*") == []
    assert installation.redis.zcard(f"jobs:{account.tenant.id}") == 0
    assert installation.redis.zcard("batches:open") == 0
