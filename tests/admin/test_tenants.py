"""``cloche-admin tenants`` and ``webhooks``."""

from __future__ import annotations

from pathlib import Path

from store.catalog import Catalog
from tests.admin.conftest import Admin


def test_a_tenant_is_created_and_found(admin: Admin, catalog: Catalog) -> None:
    """What create prints as JSON is what list and show print, and what the catalogue holds."""
    made = admin("tenants", "create", "acme", "--json").json
    assert made["name"] == "acme"
    assert made["id"] == catalog.tenants.get("acme").id
    assert admin("tenants", "list", "--json").json == [made]
    shown = admin("tenants", "show", made["id"], "--json").json
    assert {name: shown[name] for name in made} == made
    assert shown["used"] == {"models": 0, "storage_bytes": 0}
    assert shown["quotas"]["models"] == 20


def test_people_get_a_sentence_and_a_table(admin: Admin) -> None:
    """Without --json the answers are for reading, one row a line, and hold the id to go on with."""
    created = admin("tenants", "create", "My company")
    assert created.status == 0
    assert created.out.startswith("Created tenant My company (ten_")
    listed = admin("tenants", "list").out.splitlines()
    assert listed[0].split() == ["NAME", "ID", "CREATED", "SUSPENDED"]
    assert listed[1].startswith("My company  ten_")


def test_a_taken_name_is_one_sentence(admin: Admin) -> None:
    """An expected error is one line on stderr, nothing on stdout, and exit status 2."""
    admin("tenants", "create", "acme")
    again = admin("tenants", "create", "acme", "--json")
    assert (again.status, again.out) == (2, "")
    assert again.err == "cloche-admin: A tenant named 'acme' exists already; choose another name.\n"


def test_an_installation_that_is_not_there_is_told(admin: Admin, tmp_path: Path) -> None:
    """An empty list may mean a wrong CLOCHE_DATA: where nothing was, the first command says so, and no later one."""
    first, second = (admin("tenants", "list", CLOCHE_DATA=str(tmp_path / "typo")) for _ in range(2))
    assert f"a new installation begins at {tmp_path / 'typo'}" in first.err
    assert "CLOCHE_DATA" in first.err
    assert (first.status, second.status, second.err) == (0, 0, "")


def test_an_installation_that_a_command_begins_is_its_owners(admin: Admin, tmp_path: Path) -> None:
    """The catalogue holds secrets: whoever makes its folder first, nobody else looks into it."""
    admin("tenants", "create", "acme", CLOCHE_DATA=str(tmp_path / "own"))
    assert (tmp_path / "own").stat().st_mode & 0o077 == 0


def test_suspend_and_resume(admin: Admin, catalog: Catalog) -> None:
    """Both are in the catalogue when the command returns, and say what they did."""
    admin("tenants", "create", "acme")
    assert admin("tenants", "suspend", "acme", "--json").json["suspended_at"]
    assert catalog.tenants.get("acme").suspended
    assert admin("tenants", "resume", "acme").out.startswith("Resumed acme")
    assert not catalog.tenants.get("acme").suspended


def test_suspending_with_nothing_under_way_says_no_more(admin: Admin) -> None:
    """One sentence; with --cancel that there was nothing."""
    admin("tenants", "create", "acme")
    assert admin("tenants", "suspend", "acme").out.endswith(").\n")
    assert admin("tenants", "suspend", "acme", "--cancel").out.endswith("Canceled 0 jobs and 0 batches.\n")


def test_without_redis_a_tenant_is_suspended_and_nothing_is_said_to_be_canceled(admin: Admin, catalog: Catalog) -> None:
    """It holds; who wanted more is told to ask again."""
    admin("tenants", "create", "acme")
    nowhere = "unix:///nowhere/redis.sock"
    assert admin("tenants", "suspend", "acme", CLOCHE_REDIS_URL=nowhere).status == 0
    ended = admin("tenants", "suspend", "acme", "--cancel", CLOCHE_REDIS_URL=nowhere)
    assert ended.status == 2
    assert "nothing was canceled. Run this again." in ended.err
    assert catalog.tenants.get("acme").suspended


def test_an_unknown_tenant_is_said_by_every_command(admin: Admin) -> None:
    """Whatever is asked about a tenant that isn't there: exit status 2 and its name."""
    commands = (
        ["tenants", "show", "nobody"],
        ["tenants", "suspend", "nobody"],
        ["tenants", "resume", "nobody"],
        ["keys", "create", "nobody"],
        ["keys", "list", "nobody"],
        ["quotas", "show", "nobody"],
        ["quotas", "set", "nobody", "models=1"],
        ["models", "list", "nobody"],
        ["webhooks", "secret", "nobody"],
    )
    for command in commands:
        ended = admin(*command)
        assert (ended.status, ended.out) == (2, "")
        assert "no tenant 'nobody'" in ended.err


def test_the_webhook_secret_is_shown_only_when_asked_for(admin: Admin, catalog: Catalog) -> None:
    """``webhooks secret`` prints exactly the secret; no other answer about a tenant holds it."""
    admin("tenants", "create", "acme")
    secret = catalog.tenants.get("acme").webhook_secret
    assert admin("webhooks", "secret", "acme").out == f"{secret}\n"
    assert admin("webhooks", "secret", "acme", "--json").json["secret"] == secret
    for command in (["tenants", "show", "acme"], ["tenants", "list"], ["tenants", "suspend", "acme"]):
        assert secret not in admin(*command, "--json").out
