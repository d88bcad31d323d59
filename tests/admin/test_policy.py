"""``cloche-admin policy``: real processes on a real catalogue, real blobs, the real checker and a real Redis."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import redis

from admin.checks.policy import check_policy
from policies.allowlist.entries import Allowances
from policies.check import check
from policies.version import POLICY_VERSION
from store.blobs import Blobs
from store.catalog import Catalog, Status, Tenant, Version
from store.catalog.allowances import By
from store.generations import current
from store.settings import StoreSettings
from tests.admin.conftest import Admin

GOOD = b"""from torch import nn


class Model(nn.Module):
    def predict_single(self, x):
        return x
"""
BAD = b"import os\n" + GOOD
SCIPY = b"import scipy.special\n" + GOOD
ME = pwd.getpwuid(os.getuid()).pw_name
Upload = Callable[..., Version]


@pytest.fixture
def acme(catalog: Catalog) -> Tenant:
    return catalog.tenants.create("acme")


@pytest.fixture
def upload(catalog: Catalog, acme: Tenant, tmp_path: Path) -> Upload:
    """A version that an older policy judged: as accepted, unless its status is refused."""
    blobs = Blobs.open(f"file://{tmp_path}/data/blobs", tmp_path / "unused")

    def store(source: bytes, status: Status = "ready", name: str = "m") -> Version:
        verdict = check(BAD if status == "refused" else GOOD)
        return catalog.models.add_version(
            acme.id, name, source_sha256=blobs.put(source), source_bytes=len(source), weights_sha256="b" * 64,
            weights_bytes=1, status=status,
            verdict=replace(verdict, source_sha256=blobs.put(source), policy_version="0"),
        )  # fmt: skip

    return store


def statuses(catalog: Catalog, *versions: Version) -> list[str]:
    """As they are stored now."""
    found = [catalog.models.version_by_id(version.id) for version in versions]
    return [version.status for version in found if version is not None]


def test_paths_are_allowed_denied_and_reset(admin: Admin, catalog: Catalog, acme: Tenant, redis_url: str) -> None:
    """Each answers with what holds now, tells the API by the generation, and is on record with the system's user."""
    connection = redis.Redis.from_url(redis_url)
    ended = admin("policy", "allow", "acme", "scipy.special", "--reason", "ticket 7", "--json")
    assert (ended.json["allowed"], ended.json["denied"], ended.json["exempt"]) == (["scipy.special"], [], None)
    assert (ended.json["changed"], ended.json["policy_version"]) == (True, POLICY_VERSION)
    assert current(connection, acme.id) == 1
    again = admin("policy", "allow", acme.id, "scipy.special", "--json", USER="mallory", LOGNAME="mallory")
    assert again.json["changed"] is False
    assert current(connection, acme.id) == 1
    assert admin("policy", "deny", "acme", "torch.fft", USER="mallory", LOGNAME="mallory").status == 0
    assert catalog.allowances.get(acme.id) == Allowances(frozenset({"scipy.special"}), frozenset({"torch.fft"}))
    shown = admin("policy", "show", "acme")
    assert [line.split() for line in shown.out.splitlines()[2:]] == [
        ["allowed", "scipy.special"],
        ["denied", "torch.fft"],
    ]
    assert admin("policy", "reset", "acme", "torch.fft", "--json").json["denied"] == []
    log = admin("policy", "log", "acme", "--json").json
    assert [(line["who"], line["action"], line["path"], line["reason"]) for line in log] == [
        (ME, "allow", "scipy.special", "ticket 7"),
        (ME, "deny", "torch.fft", ""),
        (ME, "reset", "torch.fft", ""),
    ]
    assert all(line["at"] and line["tenant_name"] == "acme" for line in log)


def test_a_tenant_is_trusted_with_a_reason_and_doctor_says_so(
    admin: Admin, catalog: Catalog, acme: Tenant, environment: dict[str, str]
) -> None:
    """Without a reason nothing happens; with one it shows in show, log and doctor until it ends."""
    assert admin("policy", "exempt", "acme").status == 2
    blank = admin("policy", "exempt", "acme", "--reason", " ")
    assert (blank.status, blank.out) == (2, "")
    assert catalog.allowances.get(acme.id) == Allowances()
    trust = admin("policy", "exempt", "acme", "--reason", "our own team", "--json").json["exempt"]
    assert (trust["reason"], trust["who"]) == ("our own team", ME)
    assert catalog.allowances.get(acme.id).exempt
    found = {each["name"]: each for each in admin("doctor", "--json").json["checks"]}["exemptions"]
    assert found["state"] == "warn"
    assert "acme" in found["found"] and "our own team" in found["found"] and ME in found["found"]
    assert admin("policy", "unexempt", "acme", "--json").json["exempt"] is None
    settings = StoreSettings(data=Path(environment["CLOCHE_DATA"])).resolved()
    assert {each.name: each.state for each in check_policy(settings)} == {"exemptions": "ok", "verdicts": "ok"}
    everybodys = admin("policy", "log").out.splitlines()
    assert [line.split()[4] for line in everybodys[1:]] == ["exempt", "unexempt"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("allow", "nobody", "scipy"),
        ("allow", "acme", "not a path"),
        ("allow", "acme", "torch.fft.fft"),
        ("recheck", "--tenant", "nobody"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    admin: Admin, catalog: Catalog, acme: Tenant, arguments: tuple[str, ...]
) -> None:
    """Exit status 2, no line in the log."""
    catalog.allowances.deny(acme.id, "torch.fft", by=By("me"))
    ended = admin("policy", *arguments)
    assert (ended.status, ended.out, len(ended.err.splitlines())) == (2, "", 1)
    assert len(catalog.allowances.log()) == 1


def test_recheck_stops_what_the_policy_refuses_now(
    admin: Admin, catalog: Catalog, acme: Tenant, upload: Upload, redis_url: str, environment: dict[str, str]
) -> None:
    """Doctor counts, recheck refuses with the place and the code, the generation moves, the rest is left alone."""
    good, bad, refused = upload(GOOD), upload(BAD), upload(GOOD, "refused")
    settings = StoreSettings(data=Path(environment["CLOCHE_DATA"])).resolved()
    verdicts = check_policy(settings)[1]
    assert (verdicts.name, verdicts.state, verdicts.found[0]) == ("verdicts", "warn", "2")
    ended = admin("policy", "recheck")
    assert ended.status == 0
    assert f"refused: m version {bad.number} ({bad.id})" in ended.out
    assert "1:8 CL201" in ended.out
    assert "Checked 2 " in ended.out
    assert statuses(catalog, good, bad, refused) == ["ready", "refused", "refused"]
    assert current(redis.Redis.from_url(redis_url), acme.id) == 1
    assert check_policy(settings)[1].state == "ok"
    told = admin("policy", "recheck", "--all", "--json").json
    assert (told["checked"], told["versions"]) == (1, [])


def test_what_is_accepted_now_is_loaded_again_when_asked_for(
    admin: Admin, catalog: Catalog, acme: Tenant, upload: Upload, redis_url: str
) -> None:
    """An allowance turns a refused version into one that waits for its check, and a worker is asked for it."""
    scipy, bad = upload(SCIPY, "refused"), upload(BAD, "refused")
    admin("policy", "allow", "acme", "scipy")
    told = admin("policy", "recheck", "--tenant", "acme", "--refused", "--json").json
    assert told["checked"] == 2
    assert [(each["outcome"], each["version_id"]) for each in told["versions"]] == [("reopened", scipy.id)]
    assert statuses(catalog, scipy, bad) == ["checking", "refused"]
    assert redis.Redis.from_url(redis_url).llen("rq:queue:turns-cpu") == 1


def test_taking_an_allowance_away_is_found_by_a_recheck(
    admin: Admin, catalog: Catalog, acme: Tenant, upload: Upload
) -> None:
    """Though the policy is the same: the verdict was made under what no longer holds. The tenant's own reason shows."""
    catalog.allowances.allow(acme.id, "scipy", by=By("me"))
    version = upload(SCIPY)
    assert admin("policy", "recheck", "--json").json == {"policy_version": POLICY_VERSION, "checked": 1, "versions": []}
    admin("policy", "deny", "acme", "scipy")
    (told,) = admin("policy", "recheck", "--json").json["versions"]
    assert (told["outcome"], told["status_before"]) == ("refused", "ready")
    assert [each["code"] for each in told["verdict"]["violations"]] == ["CL201"]
    assert statuses(catalog, version) == ["refused"]


def test_a_source_that_is_gone_does_not_stop_the_rest(
    admin: Admin, catalog: Catalog, upload: Upload, tmp_path: Path
) -> None:
    """It is named, and the exit status says that the work is not complete."""
    lost, bad = upload(GOOD), upload(BAD)
    Blobs.open(f"file://{tmp_path}/data/blobs", tmp_path / "unused").delete(lost.source_sha256, idle_seconds=0)
    ended = admin("policy", "recheck")
    assert ended.status == 1
    assert f"unreadable: m version {lost.number}" in ended.out
    assert statuses(catalog, lost, bad) == ["ready", "refused"]


def test_a_file_is_checked_as_a_tenants(admin: Admin, catalog: Catalog, acme: Tenant) -> None:
    """``check --tenant`` answers what an upload of that tenant would be told."""
    catalog.allowances.allow(acme.id, "scipy", by=By("me"))
    assert admin("check", "-", stdin=SCIPY).status == 1
    assert admin("check", "-", "--tenant", "acme", stdin=SCIPY).status == 0
    assert admin("check", "-", "--tenant", "nobody", stdin=SCIPY).status == 2
