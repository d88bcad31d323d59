"""/healthz, /readyz, /metrics, and what happens when a part is away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from store.jobs.back import JobBack
from tests.api.conftest import Installation, assert_problem, store_settings, submit, upload
from tests.conftest import RedisServer


def test_healthz_needs_nothing(api: TestClient) -> None:
    """The process answers, without a key."""
    assert api.get("/healthz").json() == {"status": "ok"}
    head = api.head("/healthz")
    assert (head.status_code, head.content) == (200, b"")


def test_ready_with_everything_up(api: TestClient, installation: Installation) -> None:
    """Redis, the catalogue and a live worker."""
    JobBack(installation.redis, worker="w").heartbeat()
    response = api.get("/readyz")
    assert (response.status_code, response.json()["status"]) == (200, "ready")
    assert api.head("/readyz").status_code == 200


def test_not_ready_without_a_worker(api: TestClient) -> None:
    """503 says which part is missing."""
    body = assert_problem(api.get("/readyz"), 503, "no_worker")
    head = api.head("/readyz")
    assert (head.status_code, head.content) == (503, b"")
    assert body["checks"] == {
        "redis": "ok",
        "catalog": "ok",
        "workers": "no_worker",
        "gpu_workers": "none",
        "capacity": "ok",
    }


@pytest.mark.parametrize(("fault", "code"), [("engine_unreachable", "engine_unreachable"), ("new_one", "worker_fault")])
def test_not_ready_when_workers_cant_serve(api: TestClient, installation: Installation, fault: str, code: str) -> None:
    """A worker that lives but can't reach the engine doesn't count."""
    JobBack(installation.redis, worker="w").heartbeat(fault=fault)
    body = assert_problem(api.get("/readyz"), 503, code)
    assert body["checks"]["workers"] == fault


def test_not_ready_without_the_catalogue(
    api: TestClient, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database's own words stay with the operator."""
    from store.errors import CatalogUnavailable

    def away() -> None:
        raise CatalogUnavailable("disk I/O error")

    monkeypatch.setattr(api.app.state.parts.catalog, "ping", away)  # type: ignore[attr-defined]
    assert_problem(api.get("/readyz"), 503, "catalog_unavailable")


def test_a_damaged_catalogue_is_a_503(api: TestClient, installation: Installation) -> None:
    """A database file that is no database any more: 503, not a stack trace."""
    account = installation.account("late")
    parts = api.app.state.parts  # type: ignore[attr-defined]
    parts.catalog.close()
    file = Path(installation.settings.database_url.removeprefix("sqlite:///"))
    installation.catalog.close()
    for path in file.parent.glob(file.name + "*"):
        path.unlink()
    file.write_bytes(b"not a database at all" * 500)
    assert_problem(api.get("/v1/models", headers=account.headers), 503, "catalog_unavailable")
    assert_problem(api.get("/readyz"), 503, "catalog_unavailable")


def test_metrics_count(api: TestClient, installation: Installation) -> None:
    """Requests by route, admitted and refused jobs, what is queued, who is alive; no names, no ids."""
    account = installation.account("acme")
    installation.ready(account, "privatename")
    installation.quotas(account, queued_jobs=1)
    job = submit(api, account, name="privatename").json()["id"]
    submit(api, account, name="privatename")
    api.get("/nowhere")
    JobBack(installation.redis, worker="w").heartbeat()
    page = api.get("/metrics").text
    assert 'cloche_http_requests_total{method="POST",route="/v1/models/{name}/jobs",status="202"} 1.0' in page
    assert 'cloche_http_requests_total{method="any",route="unmatched",status="404"} 1.0' in page
    assert "cloche_jobs_admitted_total 1.0" in page
    assert 'cloche_jobs_refused_total{why="queue_full"} 1.0' in page
    assert "cloche_workers_live 1.0" in page
    assert "cloche_redis_up 1.0" in page
    assert "privatename" not in page
    assert job not in page


@pytest.fixture
def fragile(own_redis: RedisServer, tmp_path: Path) -> Iterator[tuple[TestClient, Installation, RedisServer]]:
    """An installation whose Redis can be killed."""
    found = Installation(store_settings(tmp_path / "data", own_redis.url))
    with TestClient(create_app(found.settings), raise_server_exceptions=False) as client:
        yield client, found, own_redis
    found.close()


def test_redis_gone_and_back(fragile: tuple[TestClient, Installation, RedisServer]) -> None:
    """503 while it is away, also for those who wait; what was accepted is there when it comes back."""
    api, installation, server = fragile
    account = installation.account("acme")
    installation.ready(account)
    job = submit(api, account, "kept").json()
    server.kill()
    for response in (
        submit(api, account),
        submit(api, account, prefer="wait=5"),
        api.get(job["urls"]["self"], headers=account.headers),
        api.get("/v1/models", headers=account.headers),
        upload(api, account),
    ):
        assert_problem(response, 503, "redis_unavailable")
        assert response.headers["retry-after"] == "2"
    assert_problem(api.get("/readyz"), 503, "redis_unavailable")
    assert "cloche_redis_up 0.0" in api.get("/metrics").text
    assert api.get("/healthz").status_code == 200
    server.start()
    assert api.get(job["urls"]["self"], headers=account.headers).json()["status"] == "queued"
    assert submit(api, account).status_code == 202
    installation.echo()
    assert api.get(job["urls"]["self"], headers=account.headers).json()["output"] == "kept"


def test_the_api_starts_without_redis(own_redis: RedisServer, tmp_path: Path) -> None:
    """Parts may start in any order: requests are 503 until Redis is there."""
    settings = store_settings(tmp_path / "data", own_redis.url)
    own_redis.kill()
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        assert_problem(client.get("/readyz"), 503, "redis_unavailable")
        own_redis.start()
        assert_problem(client.get("/readyz"), 503, "no_worker")
