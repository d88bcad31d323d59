"""What can go wrong in what outlives a request.

StoreError
├── NotThere               what was asked for doesn't exist (or is another tenant's)
│   ├── TenantUnknown
│   ├── KeyUnknown
│   ├── ModelUnknown
│   ├── VersionUnknown
│   ├── PlanUnknown
│   ├── EndpointUnknown
│   ├── BlobUnknown
│   └── PayloadUnknown
├── Invalid                what was handed in can't be stored
│   ├── TenantExists
│   ├── NameInvalid
│   ├── ConfigInvalid
│   ├── QuotaUnknown
│   ├── QuotaInvalid
│   ├── PlanExists
│   ├── PlanInUse
│   └── AllowanceInvalid
├── TenantSuspended        the tenant may not change anything now
├── EndpointHeld           the operator disabled the webhook endpoint
├── QuotaExceeded          the tenant's quota doesn't allow it
│   ├── ModelQuotaExceeded
│   ├── VersionQuotaExceeded
│   ├── WebhookQuotaExceeded
│   └── StorageQuotaExceeded
├── BlobCorrupt            the bytes are not the ones their name promises
└── Unavailable            a part is away; the same call may succeed later
    ├── CatalogUnavailable
    ├── CatalogTooNew
    ├── RedisUnavailable
    ├── BlobsUnavailable
    └── DiskFull
"""

from __future__ import annotations

from collections.abc import Iterable


class StoreError(Exception):
    """Root of this package's errors. ``code`` never changes once published."""

    code = "store_error"


class NotThere(StoreError):
    """What was asked for doesn't exist, as far as the asker may know."""

    code = "not_found"


class TenantUnknown(NotThere):
    """No tenant of that id or name."""

    code = "tenant_unknown"

    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        super().__init__(f"There is no tenant {tenant!r}; `cloche-admin tenants list` shows them all.")


class KeyUnknown(NotThere):
    """No key of that id."""

    code = "key_unknown"

    def __init__(self, key_id: str) -> None:
        self.key_id = key_id
        super().__init__(f"There is no key {key_id!r}; `cloche-admin keys list TENANT` shows a tenant's.")


class ModelUnknown(NotThere):
    """The tenant has no model of that name or id."""

    code = "model_unknown"

    def __init__(self, model: str) -> None:
        self.model = model
        super().__init__(f"There is no model {model!r}; upload it first.")


class VersionUnknown(NotThere):
    """The model has no version of that number or id."""

    code = "version_unknown"

    def __init__(self, version: str) -> None:
        self.version = version
        super().__init__(f"There is no version {version!r}; list the model to see its versions.")


class PlanUnknown(NotThere):
    """No plan of that name."""

    code = "plan_unknown"

    def __init__(self, plan: str) -> None:
        self.plan = plan
        super().__init__(f"There is no plan {plan!r}; `cloche-admin plans list` shows them all.")


class EndpointUnknown(NotThere):
    """The tenant has no webhook endpoint of that id."""

    code = "webhook_unknown"

    def __init__(self, endpoint_id: str) -> None:
        self.endpoint_id = endpoint_id
        super().__init__(f"There is no webhook {endpoint_id[:60]!r}; GET /v1/webhooks lists them all.")


class BlobUnknown(NotThere):
    """No blob of that hash."""

    code = "blob_unknown"

    def __init__(self, sha256: str) -> None:
        self.sha256 = sha256
        super().__init__(f"The blob {sha256} is not stored; restore it from a backup or upload its model again.")


class PayloadUnknown(NotThere):
    """No large input or output of that name: its time was over, or it was never written."""

    code = "payload_unknown"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"The payload {name} is not in the blob store (any more).")


class Invalid(StoreError):
    """What was handed in can't be stored."""

    code = "invalid"


class TenantExists(Invalid):
    """The name is taken."""

    code = "tenant_exists"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"A tenant named {name!r} exists already; choose another name.")


class NameInvalid(Invalid):
    """The name breaks the rule for names."""

    code = "invalid_name"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"{name!r} is not a name: use 1 to 100 ASCII letters, digits, spaces, '.', '_' and '-', "
            "begin with a letter or a digit, don't end with a space, and don't look like an id (mdl_, ten_)."
        )


class ConfigInvalid(Invalid):
    """A version's config is not a JSON object."""

    code = "invalid_config"

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(f"The config can't be stored as a JSON object ({detail}); NaN and infinity are not JSON.")


class QuotaUnknown(Invalid):
    """No quota of that name."""

    code = "quota_unknown"

    def __init__(self, name: str, *, known: Iterable[str]) -> None:
        self.name = name
        self.known = tuple(known)
        super().__init__(f"There is no quota {name!r}; the quotas are {', '.join(self.known)}.")


class QuotaInvalid(Invalid):
    """The value is not one a quota can have."""

    code = "quota_invalid"

    def __init__(self, name: str, value: object, *, minimum: int, maximum: int) -> None:
        self.name, self.value, self.minimum, self.maximum = name, value, minimum, maximum
        super().__init__(f"The quota {name} can't be {value!r}: give a whole number from {minimum} to {maximum}.")


class PlanExists(Invalid):
    """The name is taken."""

    code = "plan_exists"

    def __init__(self, plan: str) -> None:
        self.plan = plan
        super().__init__(f"A plan named {plan!r} exists already; change it with `cloche-admin plans set`.")


class PlanInUse(Invalid):
    """The plan can't go while tenants are on it."""

    code = "plan_in_use"

    def __init__(self, plan: str, *, tenants: int) -> None:
        self.plan = plan
        self.tenants = tenants
        super().__init__(
            f"The plan {plan!r} has {tenants} tenant{'' if tenants == 1 else 's'}; `cloche-admin plans show` names "
            "them: put them on another plan first."
        )


class AllowanceInvalid(Invalid):
    """What an operator wants to decide about the policy can't be decided like this."""

    code = "allowance_invalid"


class TenantSuspended(StoreError):
    """The tenant may not change anything until it is resumed."""

    code = "tenant_suspended"

    def __init__(self, tenant_id: str) -> None:
        self.tenant_id = tenant_id
        super().__init__("This tenant is suspended; ask the operator.")


class EndpointHeld(StoreError):
    """The operator disabled the endpoint; its tenant can't enable it."""

    code = "webhook_held"

    def __init__(self, endpoint_id: str) -> None:
        self.endpoint_id = endpoint_id
        super().__init__("The operator of this installation disabled this webhook; ask them to enable it again.")


class QuotaExceeded(StoreError):
    """A quota doesn't allow it. ``limit`` is the quota, ``used`` what stands against it already."""

    code = "quota_exceeded"

    def __init__(self, sentence: str, *, limit: int, used: int) -> None:
        self.limit = limit
        self.used = used
        super().__init__(sentence)


class ModelQuotaExceeded(QuotaExceeded):
    """One more model name than the quota allows."""

    code = "quota_models"

    def __init__(self, *, limit: int, used: int) -> None:
        super().__init__(
            f"This tenant has {used} of {limit} models; delete one, or ask the operator for more.",
            limit=limit,
            used=used,
        )


class VersionQuotaExceeded(QuotaExceeded):
    """One more version of a model than the quota allows."""

    code = "quota_versions"

    def __init__(self, model: str, *, limit: int, used: int) -> None:
        self.model = model
        super().__init__(
            f"The model {model!r} has {used} of {limit} versions; upload under another name, or ask the operator.",
            limit=limit,
            used=used,
        )


class WebhookQuotaExceeded(QuotaExceeded):
    """One more webhook endpoint than the quota allows."""

    code = "quota_webhooks"

    def __init__(self, *, limit: int, used: int) -> None:
        super().__init__(
            f"This tenant has {used} of {limit} webhooks; delete one, or ask the operator for more.",
            limit=limit,
            used=used,
        )


class StorageQuotaExceeded(QuotaExceeded):
    """More bytes than the quota allows. ``wanted_bytes`` is what the refused upload would have added."""

    code = "quota_storage"

    def __init__(self, *, limit: int, used: int, wanted_bytes: int) -> None:
        self.wanted_bytes = wanted_bytes
        super().__init__(
            f"This upload of {wanted_bytes} bytes does not fit: {used} of {limit} bytes are used; "
            "delete a model, or ask the operator for more.",
            limit=limit,
            used=used,
        )


class BlobCorrupt(StoreError):
    """The bytes are not the ones their name promises."""

    code = "blob_corrupt"

    def __init__(self, sha256: str, *, detail: str) -> None:
        self.sha256 = sha256
        self.detail = detail
        super().__init__(f"The blob {sha256} is damaged ({detail}); restore it from a backup or upload it again.")


class Unavailable(StoreError):
    """A part is away. Nothing was changed, and the same call may succeed later."""

    code = "unavailable"


class CatalogUnavailable(Unavailable):
    """The SQL database doesn't answer, or can't write."""

    code = "catalog_unavailable"

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(f"The catalogue's database can't be used ({detail}); check CLOCHE_DATABASE_URL and the disk.")


class CatalogTooNew(Unavailable):
    """The database was migrated by a later release than this one."""

    code = "catalog_too_new"

    def __init__(self, revision: str) -> None:
        self.revision = revision
        super().__init__(f"The catalogue is at revision {revision!r}, which this release doesn't know; update Cloche.")


class RedisUnavailable(Unavailable):
    """Redis doesn't answer, or refuses to write."""

    code = "redis_unavailable"

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(f"Redis can't be used ({detail}); check CLOCHE_REDIS_URL and start it.")


class BlobsUnavailable(Unavailable):
    """The blob store doesn't answer, or refuses."""

    code = "blobs_unavailable"

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(f"The blob store can't be used ({detail}); check CLOCHE_BLOBS_URL and its permissions.")


class DiskFull(Unavailable):
    """There is no room for the bytes."""

    code = "disk_full"

    def __init__(self, folder: str) -> None:
        self.folder = folder
        super().__init__(f"The disk of {folder} is full; free some space and try again.")
