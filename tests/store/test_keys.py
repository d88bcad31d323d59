"""Keys on both databases."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import create_engine, text

from policies.verdict import Verdict
from store.catalog import Catalog, Tenant
from store.catalog.database import parse_url
from store.errors import KeyUnknown, ModelUnknown, TenantUnknown


def test_a_secret_finds_its_key(catalog: Catalog, tenant: Tenant) -> None:
    """The secret, and nothing near it, finds the key."""
    key, secret = catalog.keys.create(tenant.id, name="laptop")
    assert re.fullmatch(r"cloche_[A-Za-z0-9_-]{43}", secret)
    assert catalog.keys.find(secret) == key
    for wrong in (secret[:-1], secret + "x", secret.upper(), key.prefix, key.id, "", "\0", "\ud800", "é"):
        assert catalog.keys.find(wrong) is None


def test_the_secret_is_stored_nowhere(catalog: Catalog, catalog_url: str, tenant: Tenant) -> None:
    """No column of the stored key holds more than the first six characters of the secret."""
    _, secret = catalog.keys.create(tenant.id, name="laptop")
    engine = create_engine(parse_url(catalog_url))
    with engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM keys")).one()
    engine.dispose()
    assert not [column for column in row if secret[: len("cloche_") + 7] in str(column)]


def test_a_revoked_key_finds_nothing(catalog: Catalog, tenant: Tenant) -> None:
    """Revoking is final, idempotent, and still shown in the list."""
    key, secret = catalog.keys.create(tenant.id, name="laptop")
    first = catalog.keys.revoke(key.id)
    assert catalog.keys.find(secret) is None
    assert catalog.keys.revoke(key.id) == first
    assert catalog.keys.list(tenant.id) == (first,)


def test_another_tenants_key_is_unknown(catalog: Catalog, tenant: Tenant) -> None:
    """With the tenant given, another one's key can neither be revoked nor told from none."""
    other = catalog.tenants.create("other")
    key, secret = catalog.keys.create(tenant.id, name="laptop")
    with pytest.raises(KeyUnknown):
        catalog.keys.revoke(key.id, tenant_id=other.id)
    assert catalog.keys.find(secret) == key
    assert catalog.keys.list(other.id) == ()


def test_a_key_needs_its_tenant_and_model(catalog: Catalog, tenant: Tenant, accepted: Verdict) -> None:
    """No key for nobody, and no access token for a model that isn't there or is another tenant's."""
    other = catalog.tenants.create("other")
    theirs = catalog.models.add_version(
        other.id, "m", source_sha256="a" * 64, source_bytes=1, weights_sha256="b" * 64, weights_bytes=1,
        verdict=accepted, status="ready",
    )  # fmt: skip
    with pytest.raises(TenantUnknown):
        catalog.keys.create("ten_nobody", name="x")
    for model_id in ("mdl_none", theirs.model_id):
        with pytest.raises(ModelUnknown):
            catalog.keys.create(tenant.id, name="x", model_id=model_id)


def test_an_access_token_dies_with_its_model(catalog: Catalog, tenant: Tenant, accepted: Verdict) -> None:
    """Deleting a model makes its access tokens worthless and leaves the tenant's other keys alone."""
    version = catalog.models.add_version(
        tenant.id, "m", source_sha256="a" * 64, source_bytes=1, weights_sha256="b" * 64, weights_bytes=1,
        verdict=accepted, status="ready",
    )  # fmt: skip
    token, token_secret = catalog.keys.create(tenant.id, name="m", model_id=version.model_id)
    _, secret = catalog.keys.create(tenant.id, name="laptop")
    assert token.model_id == version.model_id
    catalog.models.delete(tenant.id, "m")
    assert catalog.keys.find(token_secret) is None
    assert catalog.keys.find(secret) is not None
