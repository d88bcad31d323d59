"""Sweeping unneeded blobs."""

from __future__ import annotations

from pathlib import Path

from policies.verdict import Verdict
from store.blobs import Blobs
from store.catalog import Catalog, Tenant
from store.sweep import sweep


def test_only_what_no_version_needs_is_deleted(
    catalog: Catalog, tenant: Tenant, accepted: Verdict, tmp_path: Path
) -> None:
    """A version's source and weights stay, a refused upload's go, and a deleted model's go after it."""
    blobs = Blobs.open(f"file://{tmp_path}/blobs", tmp_path / "unused")
    source, weights, orphan = (blobs.put(content) for content in (b"source", b"weights", b"orphan"))
    catalog.models.add_version(
        tenant.id, "m", source_sha256=source, source_bytes=6, weights_sha256=weights, weights_bytes=7,
        verdict=accepted, status="ready",
    )  # fmt: skip
    assert sweep(catalog, blobs=blobs, idle_seconds=0) == (orphan,)
    assert sorted(blobs.list()) == sorted([source, weights])
    catalog.models.delete(tenant.id, "m")
    assert sorted(sweep(catalog, blobs=blobs, idle_seconds=0)) == sorted([source, weights])
    assert list(blobs.list()) == []


def test_an_upload_in_progress_keeps_its_blobs(catalog: Catalog, tmp_path: Path) -> None:
    """Blobs that were adopted a moment ago stay although no version names them yet."""
    blobs = Blobs.open(f"file://{tmp_path}/blobs", tmp_path / "unused")
    blobs.put(b"new")
    assert sweep(catalog, blobs=blobs) == ()
