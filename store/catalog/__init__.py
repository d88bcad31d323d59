"""The SQL catalogue: tenants, keys, quotas, allowances, models, versions and webhook endpoints."""

from __future__ import annotations

from store.catalog.catalog import Catalog
from store.catalog.records import (
    Destination,
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
    Usage,
    Version,
    WebhookEndpoint,
)

__all__ = [
    "Catalog",
    "Destination",
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
    "Usage",
    "Version",
    "WebhookEndpoint",
]
