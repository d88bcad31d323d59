"""Models and versions on both databases."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from policies.quotas import Quotas
from policies.verdict import Verdict
from store.catalog import Catalog, Tenant, Version
from store.errors import (
    ConfigInvalid,
    ModelQuotaExceeded,
    ModelUnknown,
    NameInvalid,
    QuotaExceeded,
    StorageQuotaExceeded,
    TenantSuspended,
    TenantUnknown,
    VersionQuotaExceeded,
)

Upload = Callable[..., Version]


@pytest.fixture
def upload(catalog: Catalog, tenant: Tenant, accepted: Verdict) -> Upload:
    """Uploads 15 bytes to the tenant."""

    def call(name: str = "digits", **changes: Any) -> Version:
        values: dict[str, Any] = {
            "source_sha256": "a" * 64, "source_bytes": 5, "weights_sha256": "b" * 64, "weights_bytes": 10,
            "config": {"threshold": 0.5}, "verdict": accepted, "status": "checking",
        }  # fmt: skip
        return catalog.models.add_version(changes.pop("tenant_id", tenant.id), name, **(values | changes))

    return call


def test_an_upload_can_be_read_back(catalog: Catalog, tenant: Tenant, upload: Upload) -> None:
    """Every way to look a version up gives the record that the upload gave."""
    version = upload("My model")
    assert version.number == 1
    assert version.class_name == "Net"
    assert catalog.models.version(tenant.id, "My model", 1) == version
    assert catalog.models.version_by_id(version.id) == version
    model = catalog.models.get(tenant.id, "My model")
    assert model is not None
    assert model.versions == (version,)
    assert catalog.models.list(tenant.id) == (model,)


def test_a_hostile_verdict_is_stored_as_it_is(catalog: Catalog, upload: Upload, refused: Verdict) -> None:
    """NUL, a lone surrogate and accents in a violation come back unchanged."""
    version = upload(verdict=refused, status="refused")
    assert version.checked_at == version.created_at
    found = catalog.models.version_by_id(version.id)
    assert found is not None
    assert found.verdict == refused
    assert found.class_name == ""


def test_numbers_count_up_and_never_come_back(catalog: Catalog, tenant: Tenant, upload: Upload) -> None:
    """Each upload to a name gets the next number; other names count for themselves."""
    assert [upload().number, upload().number, upload("other").number, upload().number] == [1, 2, 1, 3]
    model = catalog.models.get(tenant.id, "digits")
    assert model is not None
    assert [version.number for version in model.versions] == [1, 2, 3]
    assert model.latest.number == 3


def test_jobs_are_served_by_the_highest_ready_version(catalog: Catalog, tenant: Tenant, upload: Upload) -> None:
    """A newer version that is checking, failed or refused doesn't take over."""
    versions = [upload() for _ in range(4)]
    assert catalog.models.latest_ready(tenant.id, "digits") is None
    for version, status in zip(versions, ("ready", "ready", "failed"), strict=False):
        assert catalog.models.finish_check(version.id, status=status)  # type: ignore[arg-type]  # zip widens the literals
    ready = catalog.models.latest_ready(tenant.id, "digits")
    model = catalog.models.get(tenant.id, "digits")
    assert ready is not None
    assert model is not None
    assert ready.number == 2
    assert model.latest_ready == ready


def test_a_check_is_settled_once(catalog: Catalog, upload: Upload) -> None:
    """The first verdict stands; who comes late is told so and changes nothing."""
    version = upload()
    assert catalog.models.finish_check(version.id, status="ready", load_mode="meta")
    assert not catalog.models.finish_check(version.id, status="failed", error={"type": "load_error"})
    assert not catalog.models.finish_check("ver_none", status="ready")
    found = catalog.models.version_by_id(version.id)
    assert found is not None
    assert (found.status, found.load_mode, found.error) == ("ready", "meta", None)
    assert found.checked_at is not None


def test_a_failed_load_keeps_its_error(catalog: Catalog, upload: Upload) -> None:
    """The tenant's own traceback is stored, whatever characters are in it."""
    error = {"type": "load_error", "message": "no", "traceback": "é \0", "missing": ["a.b"]}
    version = upload()
    assert catalog.models.finish_check(version.id, status="failed", error=error)
    found = catalog.models.version_by_id(version.id)
    assert found is not None
    assert (found.status, found.error) == ("failed", error)


def test_a_ready_version_can_be_refused_later(catalog: Catalog, upload: Upload, refused: Verdict) -> None:
    """A newer policy takes a version out of service and leaves its reason; nothing brings it back."""
    version = upload()
    catalog.models.finish_check(version.id, status="ready")
    assert catalog.models.finish_check(version.id, status="refused", verdict=refused)
    assert not catalog.models.finish_check(version.id, status="ready")
    found = catalog.models.version_by_id(version.id)
    assert found is not None
    assert (found.status, found.verdict) == ("refused", refused)


def test_versions_that_wait_for_their_check_are_found(catalog: Catalog, upload: Upload) -> None:
    """Only those still checking, oldest first, and only after the time asked for."""
    first, second, third = upload(), upload(), upload("other")
    catalog.models.finish_check(second.id, status="ready")
    assert catalog.models.checking(0) == (first, third)
    assert catalog.models.checking(3600) == ()


def test_another_tenants_models_are_not_there(catalog: Catalog, upload: Upload) -> None:
    """Names, lists and sums never cross tenants."""
    upload()
    other = catalog.tenants.create("other").id
    assert catalog.models.get(other, "digits") is None
    assert catalog.models.list(other) == ()
    assert catalog.models.version(other, "digits", 1) is None
    assert catalog.models.latest_ready(other, "digits") is None
    assert catalog.models.storage_used(other) == 0
    with pytest.raises(ModelUnknown):
        catalog.models.delete(other, "digits")


@pytest.mark.parametrize("name", ["", "a/b", "a\0b", "x" * 101, "é", "../x", " x"])
def test_a_name_that_none_can_have_is_simply_unknown(
    catalog: Catalog, tenant: Tenant, upload: Upload, name: str
) -> None:
    """Looking a hostile name up finds nothing, and uploading under it is refused before the database sees it."""
    assert catalog.models.get(tenant.id, name) is None
    assert catalog.models.version(tenant.id, name, 1) is None
    assert catalog.models.latest_ready(tenant.id, name) is None
    with pytest.raises(NameInvalid):
        upload(name)


@pytest.mark.parametrize("number", [0, -1, 2, 2**31, 2**63, 10**40])
def test_a_number_that_none_can_have_is_simply_unknown(
    catalog: Catalog, tenant: Tenant, upload: Upload, number: int
) -> None:
    """Numbers out of every column's range don't fail in the database."""
    upload()
    assert catalog.models.version(tenant.id, "digits", number) is None


def test_a_config_must_be_json(catalog: Catalog, tenant: Tenant, upload: Upload) -> None:
    """NaN and objects are refused with a code, and nothing is stored."""
    for config in ({"x": float("nan")}, {"x": object()}):
        with pytest.raises(ConfigInvalid):
            upload(config=config)
    assert catalog.models.list(tenant.id) == ()


def test_a_suspended_or_unknown_tenant_uploads_nothing(catalog: Catalog, tenant: Tenant, upload: Upload) -> None:
    """Suspension holds in the same transaction as the quotas."""
    catalog.tenants.suspend(tenant.id)
    with pytest.raises(TenantSuspended):
        upload()
    with pytest.raises(TenantUnknown):
        upload(tenant_id="ten_nobody")
    assert catalog.models.list(tenant.id) == ()


def test_each_quota_is_enforced_with_its_numbers(catalog: Catalog, tenant: Tenant, upload: Upload) -> None:
    """One model, version or byte too many is refused, says what was allowed, and stores nothing."""
    catalog.quotas.set(tenant.id, {"models": 1, "versions": 2, "storage_bytes": 44})
    upload()
    with pytest.raises(ModelQuotaExceeded) as models:
        upload("other")
    assert (models.value.code, models.value.limit, models.value.used) == ("quota_models", 1, 1)
    upload()
    with pytest.raises(VersionQuotaExceeded) as versions:
        upload()
    assert (versions.value.code, versions.value.limit, versions.value.used) == ("quota_versions", 2, 2)
    catalog.quotas.set(tenant.id, {"versions": 3})
    with pytest.raises(StorageQuotaExceeded) as storage:
        upload()
    assert (storage.value.code, storage.value.used, storage.value.wanted_bytes) == ("quota_storage", 30, 15)
    catalog.quotas.set(tenant.id, {"storage_bytes": 45})
    assert upload().number == 3
    assert catalog.models.storage_used(tenant.id) == 45


def test_a_refused_first_upload_leaves_no_empty_model(catalog: Catalog, tenant: Tenant, upload: Upload) -> None:
    """The name is made in the same transaction as its first version."""
    with pytest.raises(StorageQuotaExceeded):
        upload(weights_bytes=2**50, quotas=Quotas())
    assert catalog.models.list(tenant.id) == ()


@pytest.mark.parametrize(
    ("quota", "names"),
    [
        ({"models": 3}, [f"m{number}" for number in range(16)]),
        ({"versions": 3}, ["same"] * 16),
        ({"storage_bytes": 45}, [f"m{number % 5}" for number in range(16)]),
    ],
)
def test_uploads_at_once_cannot_share_the_last_place(
    catalog: Catalog, tenant: Tenant, upload: Upload, quota: dict[str, int], names: list[str]
) -> None:
    """16 uploads at once: exactly three get in, and their numbers are distinct."""
    catalog.quotas.set(tenant.id, quota)

    def attempt(name: str) -> tuple[str, int] | None:
        try:
            return name, upload(name).number
        except QuotaExceeded:
            return None

    with ThreadPoolExecutor(16) as threads:
        stored = [result for result in threads.map(attempt, names) if result]
    assert len(stored) == len(set(stored)) == 3
    assert sum(len(model.versions) for model in catalog.models.list(tenant.id)) == 3


def test_one_of_many_settles_a_check(catalog: Catalog, upload: Upload) -> None:
    """Eight workers finishing the same check at once: one of them did."""
    version = upload()
    with ThreadPoolExecutor(8) as threads:
        settled = list(threads.map(lambda _: catalog.models.finish_check(version.id, status="ready"), range(8)))
    assert settled.count(True) == 1


def test_a_deleted_model_is_gone_and_its_place_free(catalog: Catalog, tenant: Tenant, upload: Upload) -> None:
    """Deleting frees the quotas; the blobs that other versions need are still named."""
    catalog.quotas.set(tenant.id, {"models": 2})
    version = upload()
    upload("other", weights_sha256="c" * 64)
    assert catalog.models.blobs() == {"a" * 64, "b" * 64, "c" * 64}
    assert catalog.models.delete(tenant.id, "digits").versions == (version,)
    assert catalog.models.version_by_id(version.id) is None
    assert catalog.models.blobs() == {"a" * 64, "c" * 64}
    assert catalog.models.storage_used(tenant.id) == 15
    assert upload().number == 1
