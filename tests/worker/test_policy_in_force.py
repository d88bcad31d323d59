"""The policy as a worker applies it: what holds now, not what held at upload. Real Redis, catalogue and checks."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from policies.check import check
from policies.isolated import check_isolated
from policies.version import POLICY_VERSION
from sandbox.outcome import Outcome
from store import generations
from store.blobs import Blobs
from store.catalog import Status, Version
from store.catalog.allowances import By, fingerprint
from store.verdicts import is_current, judge
from tests.worker.test_turns import SOURCE, Shop, wait_until
from worker.bundles import Bundles, SourceRefused

BY = By("operator", "a reason")
SCIPY = b"import scipy.special\n" + SOURCE
BAD = b"import os\n" + SOURCE


@pytest.fixture
def shop(redis_url: str, tmp_path: Path) -> Iterator[Shop]:
    """A fresh one."""
    shop = Shop(redis_url, tmp_path)
    yield shop
    shop.close()


def state(shop: Shop, version: Version) -> Version:
    """The version as it is stored now."""
    found = shop.catalog.models.version_by_id(version.id)
    assert found is not None
    return found


def endings(shop: Shop, ids: list[str]) -> set[tuple[str, str]]:
    """How the jobs ended."""
    return {(shop.job(each).state, shop.job(each).error_type) for each in ids}


def bound(shop: Shop) -> int:
    """How many bound sandboxes live."""
    return sum(sandbox.alive and sandbox.bundle is not None for sandbox in shop.driver.started)


def test_a_version_refused_during_its_turn_is_served_no_further(shop: Shop) -> None:
    """Its sandbox goes within a second, what is still pending fails with the reason, nothing hangs."""
    version = shop.version("a")

    def slow(call: object) -> Outcome:
        time.sleep(0.02)
        return Outcome(call.id, "succeeded", output=b"1", wall_seconds=0.02)  # type: ignore[attr-defined]

    shop.driver.behaviours[version.id] = slow
    ids = shop.admit(version, 200)
    working = threading.Thread(target=shop.work)
    working.start()
    wait_until(lambda: shop.job(ids[0]).state == "succeeded")
    shop.catalog.models.finish_check(version.id, status="refused", verdict=check(BAD))
    generations.bump(shop.redis, version.tenant_id)
    working.join(20)
    assert not working.is_alive()
    assert endings(shop, ids) == {("succeeded", ""), ("failed", "model_unavailable")}
    assert shop.job(ids[-1]).state == "failed"
    assert bound(shop) == 0


def test_a_turn_goes_on_when_something_else_of_the_tenant_changed(shop: Shop) -> None:
    """A new key or another model moves the generation and costs a running turn nothing: one sandbox serves all."""
    version = shop.version("a")

    def slow(call: object) -> Outcome:
        time.sleep(0.02)
        return Outcome(call.id, "succeeded", output=b"1", wall_seconds=0.02)  # type: ignore[attr-defined]

    shop.driver.behaviours[version.id] = slow
    ids = shop.admit(version, 60)
    working = threading.Thread(target=shop.work)
    working.start()
    while working.is_alive():
        generations.bump(shop.redis, version.tenant_id)
        working.join(0.1)
    assert endings(shop, ids) == {("succeeded", "")}
    assert bound(shop) == 1


def test_jobs_of_a_refused_version_tell_the_api_to_look_again(shop: Shop) -> None:
    """An announcement that was lost is made good by the worker that meets the version's jobs."""
    version = shop.version("a")
    shop.catalog.models.finish_check(version.id, status="refused")
    before = generations.current(shop.redis, version.tenant_id)
    ids = shop.admit(version, 3)
    shop.work()
    assert endings(shop, ids) == {("failed", "model_unavailable")}
    assert generations.current(shop.redis, version.tenant_id) > before


def test_a_verdict_of_an_older_policy_is_renewed_before_binding(shop: Shop) -> None:
    """What the policy of this release accepts is served, and its stored verdict is of this release from then on."""
    version = shop.version("a")
    old = replace(version.verdict, policy_version="0")
    assert shop.catalog.models.renew_verdict(
        version, verdict=old, allowances=shop.catalog.allowances.get(version.tenant_id)
    )
    ids = shop.admit(version, 2)
    shop.work()
    assert endings(shop, ids) == {("succeeded", "")}
    assert (state(shop, version).status, state(shop, version).verdict.policy_version) == ("ready", POLICY_VERSION)


def test_an_allowance_is_the_workers_too_and_its_end_is_the_versions(shop: Shop) -> None:
    """Served while it is allowed, from a warm sandbox even; refused at the next turn after that."""
    version = shop.version("a", source=SCIPY, accepted=SOURCE)
    shop.catalog.allowances.allow(version.tenant_id, "scipy", by=BY)
    for _ in range(2):
        ids = shop.admit(version, 2)
        shop.work()
        assert endings(shop, ids) == {("succeeded", "")}
    allowed = shop.catalog.allowances.get(version.tenant_id)
    assert is_current(state(shop, version), allowances=allowed)
    assert bound(shop) == 1
    shop.catalog.allowances.deny(version.tenant_id, "scipy", by=BY)
    ids = shop.admit(version, 2)
    shop.work()
    assert endings(shop, ids) == {("failed", "model_unavailable")}
    now = state(shop, version)
    assert (now.status, [each.code for each in now.verdict.violations]) == ("refused", ["CL201"])
    assert now.verdict_allowances == fingerprint(shop.catalog.allowances.get(version.tenant_id))
    assert bound(shop) == 0


def test_a_trusted_tenants_version_is_served(shop: Shop) -> None:
    """Until the tenant is trusted no more; another tenant's same source was refused all along."""
    trusted, other = shop.version("a", source=BAD, accepted=SOURCE), shop.version("b", source=BAD, accepted=SOURCE)
    shop.catalog.allowances.exempt(trusted.tenant_id, by=BY)
    served, refused = shop.admit(trusted, 1), shop.admit(other, 1)
    shop.work()
    assert endings(shop, served) == {("succeeded", "")}
    assert endings(shop, refused) == {("failed", "model_unavailable")}
    shop.catalog.allowances.unexempt(trusted.tenant_id, by=BY)
    ids = shop.admit(trusted, 1)
    shop.work()
    assert endings(shop, ids) == {("failed", "model_unavailable")}


@pytest.mark.parametrize(("source", "status"), [(SCIPY, "ready"), (BAD, "refused")])
def test_a_reopened_version_is_checked_like_a_new_one(shop: Shop, source: bytes, status: Status) -> None:
    """The worker's own verdict decides, under the tenant's allowances, and is what is stored."""
    version = shop.version("a", source=source, accepted=SOURCE)
    shop.catalog.models.finish_check(version.id, status="refused", verdict=check(source))
    shop.catalog.allowances.allow(version.tenant_id, "scipy", by=BY)
    allowed = shop.catalog.allowances.get(version.tenant_id)
    assert shop.catalog.models.reopen(version.id, verdict=check(SOURCE), allowances=allowed)
    shop.station.back.enqueue_check(version.id)
    shop.work()
    now = state(shop, version)
    assert now.status == status
    assert is_current(now, allowances=allowed)


def test_a_source_is_checked_once_a_process_and_set_of_allowances(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many versions and turns share it; other allowances are another question."""
    asked: list[str] = []

    def counted(blobs: Blobs, source_sha256: str, **rest: object) -> object:
        asked.append(source_sha256)
        return judge(blobs, source_sha256, **rest)  # type: ignore[arg-type]

    monkeypatch.setattr("worker.bundles.judge", counted)
    versions = [shop.version("a"), shop.version("a"), shop.version("b")]
    for _ in range(2):
        ids = [job for version in versions for job in shop.admit(version, 1)]
        shop.work()
        assert endings(shop, ids) == {("succeeded", "")}
    assert len(asked) == 1
    shop.catalog.allowances.allow(versions[0].tenant_id, "scipy", by=BY)
    shop.admit(versions[0], 1)
    shop.admit(versions[1], 1)
    shop.work()
    assert len(asked) == 2


def test_a_refusal_is_not_remembered(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A version that comes back to be checked is checked, not told what was said of it before."""
    version = shop.version("a")
    terms = shop.catalog.terms(version.tenant_id)
    bundles = Bundles(shop.blobs)
    with monkeypatch.context() as patch:
        patch.setattr("worker.bundles.judge", lambda *_, **__: check_isolated(BAD))
        with pytest.raises(SourceRefused):
            bundles.build(version, terms=terms)
    assert bundles.build(version, terms=terms).class_name == "Model"
