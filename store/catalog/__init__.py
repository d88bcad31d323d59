"""The SQL catalogue: tenants, keys, quotas, allowances, models and versions."""

from __future__ import annotations

from store.catalog.catalog import Catalog
from store.catalog.records import (
    Exemption,
    Key,
    LoadMode,
    Model,
    Origin,
    Plan,
    PolicyAction,
    PolicyChange,
    Status,
    Tenant,
    Terms,
    Version,
)

__all__ = [
    "Catalog",
    "Exemption",
    "Key",
    "LoadMode",
    "Model",
    "Origin",
    "Plan",
    "PolicyAction",
    "PolicyChange",
    "Status",
    "Tenant",
    "Terms",
    "Version",
]
