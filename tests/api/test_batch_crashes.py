"""Batches whose pumps and whose Redis die, sleep and stop: nothing is lost or doubled, and nothing is left."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

from starlette.testclient import TestClient

from api.app import create_app
from store.payloads import Doomed
from store.payloads.sweep import sweep
from tests.api.batching import URL, Ask, clean, ended, results, seen
from tests.api.conftest import Account, Installation, assert_problem, store_settings
from tests.api.pumping import Pump, Server, eventually, lines
from tests.conftest import RedisServer


def test_pumps_that_are_killed_lose_and_double_nothing(
    api: TestClient, installation: Installation, ask: Ask, acme: Account, pumps: Callable[[], Pump]
) -> None:
    """Killed again and again at random moments, of two at a time: every line is run once and answered in its place."""
    installation.quotas(acme, batches=3)
    batches = [ask(lines(*range(number * 10_000, number * 10_000 + 1_500))) for number in range(3)]
    living = [pumps(), pumps()]
    dice = random.Random(1)
    kills = 0
    with Server(installation) as server:
        while not all(ended(api, acme, batch)() for batch in batches):
            time.sleep(dice.uniform(0.3, 1.2))
            if kills < 12:
                kills += 1
                living.pop(dice.randrange(len(living))).kill()
                living.append(pumps())
    assert kills >= 3
    for number, batch in enumerate(batches):
        found = results(api, acme, batch)
        assert [line["output"] for line in found] == [2 * n for n in range(number * 10_000, number * 10_000 + 1_500)]
        assert seen(api, acme, batch)["succeeded"] == 1_500
    assert set(server.runs.values()) == {1} and len(server.runs) == 4_500
    clean(installation, acme)
    for name in Doomed(installation.redis).take(10_000):
        installation.payloads.delete(name)
    sweep(installation.payloads, Doomed(installation.redis), idle_seconds=-60)
    noted = {
        segment for batch in batches for segment in installation.redis.lrange(f"batch:{batch['id']}:results", 0, -1)
    }  # type: ignore[union-attr]
    assert {name.split(b" ")[0].decode() for name in noted} <= installation.stored()


def test_a_pump_that_slept_changes_nothing(
    api: TestClient, installation: Installation, ask: Ask, acme: Account, pumps: Callable[[], Pump]
) -> None:
    """Paused until another has taken over, and waking amid its work: whatever it still does is refused by the fence."""
    batch = ask(lines(*range(6_000)))
    sleeper = pumps()
    with Server(installation) as server:
        eventually(lambda: seen(api, acme, batch)["succeeded"] > 50)
        sleeper.signal(signal.SIGSTOP)
        fence = installation.redis.hget(f"batch:{batch['id']}", "f")
        pumps()
        eventually(lambda: installation.redis.hget(f"batch:{batch['id']}", "f") != fence)
        sleeper.signal(signal.SIGCONT)
        eventually(ended(api, acme, batch))
    assert [line["output"] for line in results(api, acme, batch)] == [2 * n for n in range(6_000)]
    assert set(server.runs.values()) == {1}
    clean(installation, acme)


def test_an_outage_of_redis_loses_nothing(own_redis: RedisServer, tmp_path: Path) -> None:
    """Redis is killed and comes back in the middle: the pump waits, and every line is answered in its place."""
    installation = Installation(store_settings(tmp_path / "data", own_redis.url))
    account = installation.account("acme")
    installation.ready(account)
    pump = Pump(installation, tmp_path)
    try:
        with TestClient(create_app(installation.settings)) as api, Server(installation):
            batch = api.post(URL, content=lines(*range(5_000)), headers=account.headers).json()
            eventually(lambda: seen(api, account, batch)["succeeded"] > 200)
            for _ in range(2):
                own_redis.kill()
                time.sleep(0.5)
                own_redis.start()
                time.sleep(0.5)
            eventually(lambda: seen(api, account, batch).get("status") == "completed")
            assert [line["output"] for line in results(api, account, batch)] == [2 * n for n in range(5_000)]
        assert "pump_waits" in pump.log
        clean(installation, account)
    finally:
        pump.kill()
        installation.close()


def test_a_pump_that_is_stopped_lets_go_at_once(
    api: TestClient, installation: Installation, ask: Ask, acme: Account, pumps: Callable[[], Pump]
) -> None:
    """SIGTERM ends it with status 0; the next one takes over without waiting for a lease to end."""
    batch = ask(lines(*range(3_000)))
    first = pumps()
    with Server(installation):
        eventually(lambda: seen(api, acme, batch)["succeeded"] > 50)
        assert first.stop() == 0
        assert installation.redis.zscore("batches:open", batch["id"]) == 0
        pumps()
        eventually(ended(api, acme, batch))
    assert [line["output"] for line in results(api, acme, batch)] == [2 * n for n in range(3_000)]


def test_forgotten_batches_leave_nothing(
    api: TestClient, installation: Installation, ask: Ask, acme: Account, pumps: Callable[[], Pump]
) -> None:
    """When the result lifetime is over, neither Redis nor the blob store holds anything of it, and 404 says so."""
    installation.quotas(acme, result_seconds=1)
    batch = ask(lines(1, 2, 3))
    pumps()

    def gone() -> bool:
        for name in Doomed(installation.redis).take(100):
            installation.payloads.delete(name)
        return not installation.stored() and api.get(batch["urls"]["self"], headers=acme.headers).status_code == 404

    with Server(installation):
        eventually(gone)
        eventually(lambda: installation.redis.zcard(f"batches:{acme.tenant.id}") == 0)
    assert_problem(api.get(batch["urls"]["results"], headers=acme.headers), 404, "batch_not_found")
    assert installation.redis.hget(f"load:{acme.tenant.id}", "kept") in (b"0", None)
