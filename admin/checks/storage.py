"""What stays: the catalogue, the blobs, and the room they have."""

from __future__ import annotations

from pathlib import Path

from admin.checks.finding import Finding, fail, ok, warn
from policies.limits import GIB
from store.blobs import Blobs
from store.capacity import disk_of
from store.catalog import Catalog
from store.errors import StoreError
from store.settings import StoreSettings

LITTLE_BYTES = 5 * GIB


def check_storage(settings: StoreSettings) -> tuple[Finding, ...]:
    """Catalogue, blobs and disk. Creates their folders where they are missing, as every other part would."""
    return (_catalog(settings), _blobs(settings), _disk(settings.data, reserve_bytes=settings.disk_reserve_bytes))


def _catalog(settings: StoreSettings) -> Finding:
    try:
        with Catalog.open(settings.database_url) as catalog:
            return ok("catalogue", f"{catalog.backend}, {len(catalog.tenants.list())} tenants")
    except StoreError as exc:
        return fail("catalogue", str(exc), "Set CLOCHE_DATABASE_URL, or repair the database.")


def _blobs(settings: StoreSettings) -> Finding:
    place = settings.blobs_url.partition("?")[0]
    try:
        Blobs.open(settings.blobs_url, settings.data / "cache").check_writable()
    except StoreError as exc:
        return fail("blobs", str(exc), "Set CLOCHE_BLOBS_URL, or make it writable.")
    return ok("blobs", f"{place} can be written")


def _disk(folder: Path, *, reserve_bytes: int) -> Finding:
    disk = disk_of(folder, reserve_bytes=reserve_bytes)
    found = f"{disk.free_bytes / GIB:.1f} GiB of {disk.total_bytes / GIB:.1f} GiB free at {folder}"
    advice = "Free some space: `cloche-admin blobs sweep` deletes what no version needs."
    if disk.spare_bytes < 0:
        least = disk.reserve_bytes / GIB
        return fail("disk", f"{found}: new jobs and uploads are refused below {least:.1f} GiB.", advice)
    return warn("disk", found, advice) if disk.free_bytes < LITTLE_BYTES else ok("disk", found)
