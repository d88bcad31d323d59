"""Strangers, access tokens, and URLs that lead inside: none of them gets anything from the webhooks' addresses."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.destinations import Destinations
from store.destinations.addresses import Allow
from tests.api.conftest import Account, Installation, assert_problem
from tests.api.test_webhooks import URL, Make, Names, attempt, make, names, plan

__all__ = ["make", "names"]  # fixtures

INSIDE = [
    ("http://hooks.example/", "https_required"),
    ("https://127.0.0.1/", "address_refused"),
    ("https://[::1]/", "address_refused"),
    ("https://[::ffff:10.0.0.1]/", "address_refused"),
    ("https://[::ffff:7f00:1]/", "address_refused"),
    ("https://[64:ff9b::7f00:1]/", "address_refused"),
    ("https://[fd00:ec2::254]/", "address_refused"),
    ("https://169.254.169.254/latest/meta-data", "address_refused"),
    ("https://2130706433/", "url_refused"),
    ("https://0x7f000001/", "url_refused"),
    ("https://0177.0.0.1/", "url_refused"),
    ("https://127.1/", "url_refused"),
    ("https://\uff11\uff12\uff17.0.0.1/", "url_refused"),
    ("https://user:pass@hooks.example/", "url_refused"),
    ("https://hooks.example\\@10.0.0.1/", "url_refused"),
    ("https://hooks.example/\r\nX-Evil: 1", "url_refused"),
    ("https://hooks.example/ HTTP/1.1", "url_refused"),
    ("https://hooks.example/\x00", "url_refused"),
    ("ftp://hooks.example/", "url_refused"),
    ("file:///etc/passwd", "url_refused"),
    ("https://", "url_refused"),
    ("", "url_refused"),
    ("https://" + "x" * 3000, "url_refused"),
    ("https://inside.example/", "address_refused"),
    ("https://mixed.example/", "address_refused"),
    ("https://mapped.example/", "address_refused"),
    ("https://nowhere.example/", "unresolved"),
]


@pytest.mark.parametrize(("url", "reason"), INSIDE)
def test_a_url_that_leads_inside_is_refused(
    api: TestClient, acme: Account, names: Names, make: Make, url: str, reason: str
) -> None:
    """Every form of an internal address, every name that has one, and what can't be sent to at all: at registration,
    and when a webhook's URL is changed."""
    names.names |= {
        "inside.example": ["10.0.0.7"],
        "mixed.example": ["93.184.215.14", "192.168.1.1"],
        "mapped.example": ["::ffff:127.0.0.1"],
    }
    problem = assert_problem(
        api.post("/v1/webhooks", json={"url": url}, headers=acme.headers), 422, "webhook_url_refused"
    )
    assert (problem["reason"], problem["field"]) == (reason, "url")
    path = make()["urls"]["self"]
    assert_problem(api.patch(path, json={"url": url}, headers=acme.headers), 422, "webhook_url_refused")
    assert api.get(path, headers=acme.headers).json()["url"] == URL


def test_the_operators_allowlist_holds_at_registration(api: TestClient, acme: Account, names: Names) -> None:
    """Plain http and an internal address are for allowed networks, and only those."""
    api.app.state.parts.destinations = Destinations(Allow.parse("127.0.0.0/8"), names)  # type: ignore[attr-defined]
    for url, status in (("http://127.0.0.1:9/", 201), ("http://10.0.0.1/", 422), ("http://[::1]/", 422)):
        assert api.post("/v1/webhooks", json={"url": url}, headers=acme.headers).status_code == status


def test_a_name_server_that_hangs_holds_up_its_own_tenant_only(
    api: TestClient, acme: Account, other: Account, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After its seconds the name counts as not to be found."""
    monkeypatch.setattr("api.destinations.RESOLVE_SECONDS", 0.2)

    async def hang(host: str, port: int) -> list[str]:
        if host == "hang.example":
            await asyncio.sleep(60)
        return list(await names(host, port))

    api.app.state.parts.destinations = Destinations(Allow(), hang)  # type: ignore[attr-defined]
    began = time.monotonic()
    response = api.post("/v1/webhooks", json={"url": "https://hang.example/"}, headers=acme.headers)
    assert assert_problem(response, 422, "webhook_url_refused")["reason"] == "unresolved"
    assert time.monotonic() - began < 30
    assert api.post("/v1/webhooks", json={"url": URL}, headers=other.headers).status_code == 201


def everything(made: dict[str, Any], delivery: str) -> list[tuple[str, str, Any]]:
    """Every address that names a webhook or a delivery."""
    path = made["urls"]["self"]
    return [
        ("GET", path, None),
        ("PATCH", path, {"url": URL, "enabled": False}),
        ("DELETE", path, None),
        ("GET", f"{path}/secret", None),
        ("POST", f"{path}/rotate", {}),
        ("POST", f"{path}/test", None),
        ("GET", f"{path}/deliveries", None),
        ("GET", f"/v1/deliveries/{delivery}", None),
        ("POST", f"/v1/deliveries/{delivery}/redeliver", None),
    ]


def test_another_tenants_webhooks_are_not_there(
    api: TestClient, acme: Account, other: Account, installation: Installation, make: Make
) -> None:
    """Whatever a stranger asks of a webhook or a delivery that it knows the id of: 404, and nothing has changed."""
    made = make()
    [found] = plan(installation, acme, made["id"], "job_1")
    attempt(installation)
    before = (installation.catalog.endpoints.get(made["id"]), installation.catalog.endpoints.secrets(made["id"]))
    for method, path, body in everything(made, found):
        code = "delivery_not_found" if "deliveries/dlv" in path else "webhook_not_found"
        assert_problem(api.request(method, path, json=body, headers=other.headers), 404, code)
    assert api.get("/v1/webhooks", headers=other.headers).json() == {"webhooks": []}
    assert api.get("/v1/deliveries", headers=other.headers).json()["deliveries"] == []
    after = (installation.catalog.endpoints.get(made["id"]), installation.catalog.endpoints.secrets(made["id"]))
    assert after == before
    assert api.get(f"/v1/deliveries/{found}", headers=acme.headers).json()["state"] == "delivered"


def test_a_cursor_of_another_tenant_shows_nothing_of_it(
    api: TestClient, acme: Account, other: Account, installation: Installation, make: Make
) -> None:
    """Pages come out of the asker's own log, wherever a cursor came from."""
    mine = make()
    theirs = make(other)
    plan(installation, acme, mine["id"], "job_1", "job_2")
    cursor = api.get(f"{mine['urls']['deliveries']}?limit=1", headers=acme.headers).json()["next_cursor"]
    page = api.get(f"{theirs['urls']['deliveries']}?cursor={cursor}", headers=other.headers).json()
    assert page == {"deliveries": [], "next_cursor": None}


def test_an_access_token_has_no_say_in_webhooks(
    api: TestClient, acme: Account, installation: Installation, make: Make
) -> None:
    """A key that may run one model neither sees nor changes where the tenant is told, nor what it was told."""
    made = make()
    [found] = plan(installation, acme, made["id"], "job_1")
    installation.ready(acme)
    token = api.post("/v1/models/echo/tokens", headers=acme.headers).json()["token"]
    headers = {"Authorization": f"Bearer {token}"}
    more = [("GET", "/v1/webhooks", None), ("POST", "/v1/webhooks", {"url": URL}), ("GET", "/v1/deliveries", None)]
    for method, path, body in everything(made, found) + more:
        assert_problem(api.request(method, path, json=body, headers=headers), 403, "forbidden_scope")
    assert installation.catalog.endpoints.get(made["id"]).enabled


@pytest.mark.parametrize("odd", ["whk_", "*", "%00", "dlv_*", "dlv_" + "x" * 500, "..", "dlv_%0d%0aKEYS"])
def test_odd_ids_are_unknown(api: TestClient, acme: Account, odd: str) -> None:
    """Nothing but ids of our own shape gets as far as a key's name."""
    for path in (f"/v1/webhooks/{odd}", f"/v1/deliveries/{odd}"):
        assert api.get(path, headers=acme.headers).status_code == 404


def test_no_secret_in_lists_or_logs(
    api: TestClient, acme: Account, make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    """Registering, changing, rotating, testing and listing write no secret to a log and to no list."""
    made = make()
    secrets = [made["secret"]]
    path = made["urls"]["self"]
    answers = [api.patch(path, json={"description": "d"}, headers=acme.headers).text]
    secrets.append(api.post(f"{path}/rotate", headers=acme.headers).json()["secret"])
    planned = api.post(f"{path}/test", headers=acme.headers)
    answers += [planned.text, api.get(planned.json()["urls"]["self"], headers=acme.headers).text]
    answers += [api.get(each, headers=acme.headers).text for each in (path, "/v1/webhooks", f"{path}/deliveries")]
    printed = "".join(capsys.readouterr())
    assert not any(secret in text for secret in secrets for text in (*answers, printed))
    assert "whsec_" not in json.dumps(answers)


def test_without_redis_nothing_half_is_done(
    api: TestClient, acme: Account, installation: Installation, make: Make
) -> None:
    """With Redis away the change is refused before it begins: keys are judged by it."""
    made = make()
    gone = installation.settings.model_copy(update={"redis_url": "unix:///nowhere/redis.sock"})
    with TestClient(create_app(gone), raise_server_exceptions=False) as cut_off:
        response = cut_off.delete(made["urls"]["self"], headers=acme.headers)
        assert_problem(response, 503, "redis_unavailable")
    assert installation.catalog.endpoints.get(made["id"]).enabled
