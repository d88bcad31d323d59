"""Checking what is stored again, by the real policy, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from policies.allowlist.entries import Allowances
from policies.check import check
from policies.version import POLICY_VERSION
from store.blobs import Blobs
from store.catalog import Catalog, Status, Tenant, Version
from store.catalog.allowances import By
from store.errors import BlobUnknown
from store.recheck import Rechecked, Scope, outdated, recheck
from store.verdicts import is_current, judge

GOOD = b"""from torch import nn


class Model(nn.Module):
    def predict_single(self, x):
        return x
"""
BAD = b"import os\n" + GOOD
SCIPY = b"import scipy.special\n" + GOOD
Upload = Callable[..., Version]


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    """An empty folder of blobs."""
    return Blobs.open(f"file://{tmp_path}/blobs", tmp_path / "unused")


@pytest.fixture
def upload(catalog: Catalog, tenant: Tenant, blobs: Blobs) -> Upload:
    """A version that an older policy judged: as accepted, unless its status is refused."""

    def store(
        source: bytes, status: Status = "ready", *, name: str = "m", policy_version: str = "0", tenant_id: str = ""
    ) -> Version:
        verdict = check(BAD if status == "refused" else GOOD)
        return catalog.models.add_version(
            tenant_id or tenant.id, name, source_sha256=blobs.put(source), source_bytes=len(source),
            weights_sha256="b" * 64, weights_bytes=1, status=status,
            verdict=replace(verdict, source_sha256=blobs.put(source), policy_version=policy_version),
        )  # fmt: skip

    return store


@pytest.fixture
def run(catalog: Catalog, blobs: Blobs) -> Callable[..., dict[str, Rechecked]]:
    """Rechecks; what was told, by version."""

    def call(**scope: object) -> dict[str, Rechecked]:
        told = list(recheck(catalog, blobs=blobs, scope=Scope(**scope)))  # type: ignore[arg-type]
        assert len({each.version.id for each in told}) == len(told)
        return {each.version.id: each for each in told}

    return call


def state(catalog: Catalog, version: Version) -> Version:
    """The version as it is stored now."""
    found = catalog.models.version_by_id(version.id)
    assert found is not None
    return found


def test_a_version_that_is_refused_now_stops_being_served(catalog: Catalog, upload: Upload, run: Callable) -> None:
    """Whatever its status was; the new verdict stays with it, and an older version that is ready takes over."""
    good, bad = upload(GOOD), upload(BAD)
    waiting, failed = upload(BAD, "checking"), upload(BAD, "failed")
    assert outdated(catalog) == 2
    told = run()
    assert {told[each.id].outcome for each in (bad, waiting, failed)} == {"refused"}
    for version in (bad, waiting, failed):
        now = state(catalog, version)
        assert (now.status, now.verdict.policy_version, now.verdict.accepted) == ("refused", POLICY_VERSION, False)
        assert now.verdict.violations[0].code.startswith("CL2")
    assert told[good.id].outcome == "unchanged"
    assert (state(catalog, good).status, state(catalog, good).verdict) == ("ready", check(GOOD))
    assert catalog.models.latest_ready(good.tenant_id, "m") == state(catalog, good)
    assert outdated(catalog) == 0


def test_what_is_up_to_date_is_left_alone(upload: Upload, run: Callable) -> None:
    """A second recheck has nothing to do; with ``every`` it checks all the same."""
    upload(GOOD)
    upload(GOOD, policy_version=POLICY_VERSION, name="new")
    assert len(run()) == 1
    assert run() == {}
    assert len(run(every=True)) == 2


def test_one_tenant_alone(catalog: Catalog, upload: Upload, run: Callable) -> None:
    """Other tenants' versions are not looked at."""
    other = catalog.tenants.create("other")
    mine, theirs = upload(BAD), upload(BAD, tenant_id=other.id)
    assert list(run(tenant_id=other.id)) == [theirs.id]
    assert state(catalog, mine).status == "ready"


def test_a_refused_version_that_is_accepted_now_is_checked_again(
    catalog: Catalog, upload: Upload, run: Callable
) -> None:
    """Only when asked for; one that is still refused keeps its status and learns the new reasons."""
    good, bad = upload(GOOD, "refused"), upload(BAD, "refused")
    assert run() == {}
    told = run(refused=True)
    assert (told[good.id].outcome, told[bad.id].outcome) == ("reopened", "unchanged")
    now = state(catalog, good)
    assert (now.status, now.class_name, now.checked_at, now.verdict) == ("checking", "Model", None, check(GOOD))
    assert (state(catalog, bad).status, state(catalog, bad).verdict) == ("refused", check(BAD))
    assert [each.id for each in catalog.models.checking()] == [good.id]


def test_allowances_count(catalog: Catalog, tenant: Tenant, upload: Upload, run: Callable) -> None:
    """A version is judged by what its tenant is allowed; taking that away makes its verdict out of date."""
    by = By("alice", "why")
    catalog.allowances.allow(tenant.id, "scipy", by=by)
    version = upload(SCIPY)
    assert run()[version.id].outcome == "unchanged"
    assert run() == {}
    catalog.allowances.reset(tenant.id, "scipy", by=by)
    assert run()[version.id].outcome == "refused"
    catalog.allowances.exempt(tenant.id, by=by)
    assert run(refused=True)[version.id].outcome == "reopened"
    assert is_current(state(catalog, version), allowances=Allowances(exempt=True))


def test_a_source_that_is_gone_is_told_and_the_rest_goes_on(
    catalog: Catalog, upload: Upload, run: Callable, blobs: Blobs
) -> None:
    """An unreadable version keeps its status: nobody can bind it either."""
    lost, bad = upload(GOOD), upload(BAD)
    blobs.delete(lost.source_sha256, idle_seconds=0)
    told = run()
    assert (told[lost.id].outcome, told[bad.id].outcome) == ("unreadable", "refused")
    assert lost.source_sha256 in told[lost.id].problem
    with pytest.raises(BlobUnknown):
        judge(blobs, lost.source_sha256, allowances=Allowances())


def test_more_than_one_batch(catalog: Catalog, upload: Upload, run: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every version is told of once, however many batches it takes, though their statuses change on the way."""
    monkeypatch.setattr("store.recheck.BATCH_VERSIONS", 2)
    versions = [upload(BAD, name=f"m{number}") for number in range(5)]
    assert set(run()) == {version.id for version in versions}
    assert {state(catalog, version).status for version in versions} == {"refused"}


def test_a_version_settled_meanwhile_is_not_touched(catalog: Catalog, upload: Upload, blobs: Blobs) -> None:
    """What a worker refuses and a tenant deletes during a recheck stays as they left it."""
    versions = [upload(BAD, name=name) for name in "abc"]
    steps: Iterator[Rechecked] = recheck(catalog, blobs=blobs, scope=Scope())
    told = next(steps).version
    refused, deleted = (version for version in versions if version.id != told.id)
    catalog.models.finish_check(refused.id, status="refused", verdict=refused.verdict)
    catalog.models.delete(deleted.tenant_id, deleted.model_name)
    assert [each.outcome for each in steps] == ["unchanged", "unchanged"]
    assert state(catalog, refused).verdict == refused.verdict
    assert catalog.models.version_by_id(deleted.id) is None
