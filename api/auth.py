"""Who is asking: Bearer keys, and what is true of their tenants, cached by generation."""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.requests import Request

from api.errors import Problem
from api.ratelimits import policies
from api.threads import Threads
from policies.allowlist.entries import NONE, Allowances
from policies.quotas import Quotas
from store.catalog import Catalog
from store.catalog.records import Key, Tenant, Version
from store.jobs.front import JobFront
from store.jobs.records import AdmissionLimits, admission_limits

KEYS_KEPT = 10_000  # principals remembered; the least recently used goes first
_SECRET = re.compile(rb"cloche_[A-Za-z0-9_-]{43}")

UNAUTHORIZED = "Send 'Authorization: Bearer <key>' with a key that has not been revoked; cloche-admin keys makes one."


@dataclass(slots=True)
class Principal:
    """A key and its tenant as they were at ``generation``; good as long as the generation stands still.

    ``model_id`` is set for an access token, which may only use that model. ``targets`` remembers which
    version serves a model (None: the newest ready one), ``owners`` which model a version belongs to.
    """

    tenant: Tenant
    key_id: str
    quotas: Quotas
    generation: int
    allowances: Allowances = NONE
    listening: int = 0
    model_id: str | None = None
    model_name: str | None = None
    targets: dict[tuple[str, int | None], Version] = field(default_factory=dict)
    owners: dict[str, str | None] = field(default_factory=dict)
    # Put together once: what its jobs are held against, and its RateLimit-Policy, sent with every job's answer.
    limits: AdmissionLimits = field(init=False)
    policies: str = field(init=False)

    def __post_init__(self) -> None:
        self.limits = admission_limits(self.quotas)
        self.policies = policies(self.quotas)

    @property
    def tenant_id(self) -> str:
        """The tenant's id."""
        return self.tenant.id


class Authenticator:
    """Principals by key. Only the hash of a key is kept in memory; unknown keys are not remembered."""

    def __init__(self, catalog: Catalog, jobs: JobFront, threads: Threads) -> None:
        self._catalog = catalog
        self._jobs = jobs
        self._threads = threads
        self._known: OrderedDict[bytes, Principal] = OrderedDict()

    async def remembered(self, headers: Mapping[bytes, bytes]) -> Principal:
        """The key's principal, perhaps of a past generation: for callers whose next step checks it."""
        digest, secret = _secret(headers)
        known = self._known.get(digest)
        if known is None:
            return await self._load(digest, secret)
        self._known.move_to_end(digest)
        return known

    async def current(self, request: Request) -> Principal:
        """The key's principal, true now. Costs one question to the job store."""
        digest, secret = _secret(dict(request.scope["headers"]))
        known = self._known.get(digest)
        if known is not None and known.generation == await self._jobs.generation(known.tenant_id):
            return known
        return await self._load(digest, secret)

    async def refreshed(self, principal: Principal, headers: Mapping[bytes, bytes]) -> Principal:
        """The same principal if it is still true, else what is true now."""
        if principal.generation == await self._jobs.generation(principal.tenant_id):
            return principal
        return await self.reload(headers)

    async def owner(self, request: Request) -> Principal:
        """Like current(), for what access tokens may not do."""
        principal = await self.current(request)
        if principal.model_id is not None:
            raise Problem("forbidden_scope", "An access token may only run its model; use a key of the tenant.")
        return principal

    async def reload(self, headers: Mapping[bytes, bytes]) -> Principal:
        """Forget what is known of the key and look again."""
        digest, secret = _secret(headers)
        return await self._load(digest, secret)

    async def _load(self, digest: bytes, secret: str) -> Principal:
        self._known.pop(digest, None)
        found = await self._threads.call(self._catalog.keys.find, secret)
        if found is None:
            raise Problem("unauthorized", UNAUTHORIZED)
        # The generation is read before the facts: a change in between makes the pair stale, never wrong.
        generation = await self._jobs.generation(found.tenant_id)
        principal = await self._threads.call(self._principal, secret, generation)
        self._known[digest] = principal
        while len(self._known) > KEYS_KEPT:
            self._known.popitem(last=False)
        return principal

    def _principal(self, secret: str, generation: int) -> Principal:
        key = self._catalog.keys.find(secret)
        if key is None:
            raise Problem("unauthorized", UNAUTHORIZED)
        tenant = self._catalog.tenants.get(key.tenant_id)
        if tenant.suspended:
            raise Problem("tenant_suspended", "Ask the operator of this installation to resume the tenant.")
        terms = self._catalog.terms(tenant.id)
        return Principal(
            tenant=tenant,
            key_id=key.id,
            quotas=terms.quotas,
            generation=generation,
            allowances=terms.allowances,
            listening=terms.listening,
            model_id=key.model_id,
            model_name=self._model_name(key),
        )

    def _model_name(self, key: Key) -> str | None:
        if key.model_id is None:
            return None
        for model in self._catalog.models.list(key.tenant_id):
            if model.id == key.model_id:
                return model.name
        raise Problem("unauthorized", "This access token's model has been deleted.")


def _secret(headers: Mapping[bytes, bytes]) -> tuple[bytes, str]:
    """The hash of the key and the key. Anything that doesn't look like a key is refused without a look-up."""
    scheme, _, secret = headers.get(b"authorization", b"").partition(b" ")
    secret = secret.strip()
    if scheme.lower() != b"bearer" or not _SECRET.fullmatch(secret):
        raise Problem("unauthorized", UNAUTHORIZED)
    return hashlib.sha256(secret).digest(), secret.decode()
