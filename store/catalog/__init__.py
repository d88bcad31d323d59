"""The SQL catalogue: tenants, keys, quotas, models and versions."""

from __future__ import annotations

from store.catalog.catalog import Catalog
from store.catalog.records import Key, LoadMode, Model, Status, Tenant, Version

__all__ = ["Catalog", "Key", "LoadMode", "Model", "Status", "Tenant", "Version"]
