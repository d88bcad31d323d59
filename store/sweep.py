"""Deleting the blobs that no version needs: refused uploads leave them behind, and so do deleted models."""

from __future__ import annotations

from store.blobs import Blobs
from store.catalog import Catalog

# Longer than any upload takes from storing its blobs to being in the catalogue.
IDLE_SECONDS = 3600


def sweep(catalog: Catalog, *, blobs: Blobs, idle_seconds: float = IDLE_SECONDS) -> tuple[str, ...]:
    """Delete every blob that no version names and no upload brought lately; their hashes.

    Safe beside uploads and other sweeps: the catalogue is asked again for each candidate, and what was
    adopted within ``idle_seconds`` stays. Raises CatalogUnavailable, BlobsUnavailable.
    """
    needed = catalog.models.blobs()
    candidates = [sha256 for sha256 in blobs.list() if sha256 not in needed]
    return tuple(
        sha256
        for sha256 in candidates
        if not catalog.models.needs_blob(sha256) and blobs.delete(sha256, idle_seconds=idle_seconds)
    )
