"""``cloche-admin keys``."""

from __future__ import annotations

from policies.verdict import Verdict
from store.catalog import Catalog
from tests.admin.conftest import Admin


def test_a_secret_is_printed_once(admin: Admin, catalog: Catalog) -> None:
    """create prints the secret alone on stdout, for a shell to keep; list never does."""
    admin("tenants", "create", "acme")
    secret = admin("keys", "create", "acme", "--name", "laptop").out.strip()
    key = catalog.keys.find(secret)
    assert key is not None
    assert key.name == "laptop"
    listed = admin("keys", "list", "acme")
    assert key.id in listed.out
    assert secret not in listed.out + admin("keys", "list", "acme", "--json").out


def test_a_revoked_key_is_worthless(admin: Admin, catalog: Catalog) -> None:
    """revoke takes the id that create and list show."""
    admin("tenants", "create", "acme")
    made = admin("keys", "create", "acme", "--json").json
    assert admin("keys", "revoke", made["id"]).out == f"Revoked {made['id']}.\n"
    assert catalog.keys.find(made["secret"]) is None
    assert admin("keys", "list", "acme", "--json").json[0]["revoked_at"]


def test_an_access_token_is_for_one_model(admin: Admin, catalog: Catalog) -> None:
    """--model takes the model's name, and one that isn't there is said."""
    tenant = catalog.tenants.create("acme")
    verdict = Verdict("a" * 64, policy_version="1", python_version="3.11", class_name="Net")
    version = catalog.models.add_version(
        tenant.id, "digits", source_sha256="a" * 64, source_bytes=1, weights_sha256="b" * 64, weights_bytes=1,
        verdict=verdict, status="ready",
    )  # fmt: skip
    assert admin("keys", "create", "acme", "--model", "digits", "--json").json["model_id"] == version.model_id
    unknown = admin("keys", "create", "acme", "--model", "other")
    assert (unknown.status, unknown.out) == (2, "")
    models = admin("models", "list", "acme", "--json").json
    assert [model["name"] for model in models] == ["digits"]
    assert models[0]["versions"][0]["verdict"]["accepted"]
    assert "digits  1        ready   Net" in admin("models", "list", "acme").out


def test_an_unknown_key_is_said(admin: Admin) -> None:
    """Nothing is revoked by a wrong id without a word."""
    ended = admin("keys", "revoke", "key_none")
    assert (ended.status, ended.out) == (2, "")
    assert "key_none" in ended.err


def test_a_name_cannot_drive_the_terminal(admin: Admin) -> None:
    """Escape sequences in a key's name are shown as replacement characters."""
    admin("tenants", "create", "acme")
    admin("keys", "create", "acme", "--name", "\x1b[31mred")
    listed = admin("keys", "list", "acme").out
    assert "\x1b" not in listed
    assert "\N{REPLACEMENT CHARACTER}[31mred" in listed
