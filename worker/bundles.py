"""From a version in the catalogue to what a sandbox is bound with, checked again on the way."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

from policies.isolated import check_isolated
from policies.limits import Limits
from policies.quotas import Quotas
from policies.verdict import Verdict
from policies.version import POLICY_VERSION
from sandbox.contract import Bundle, LoadMode
from store.blobs import Blobs
from store.catalog.records import Version

_REMEMBERED = 4096


class SourceRefused(Exception):
    """The policy refuses the source now, whatever it said at upload."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        super().__init__("The policy refuses this version's source.")


@dataclass(frozen=True, slots=True)
class _Known:
    policy_version: str
    verdict: Verdict


class Bundles:
    """Builds bundles. Remembers verdicts by the source's hash, so that a check costs once a process."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._known: dict[str, _Known] = {}

    def build(self, version: Version, *, quotas: Quotas, load: LoadMode | None = None) -> Bundle:
        """The bundle of a version. Raises SourceRefused, or a StoreError when a blob can't be had."""
        verdict = self.verdict(version.source_sha256)
        if not verdict.accepted or verdict.class_name is None:
            raise SourceRefused(verdict)
        return Bundle(
            tenant_id=version.tenant_id,
            version_id=version.id,
            class_name=verdict.class_name,
            source=self._blobs.path(version.source_sha256),
            weights=self._blobs.path(version.weights_sha256),
            limits=limits_of(version.config, quotas=quotas),
            load=load or version.load_mode,
        )

    def verdict(self, source_sha256: str) -> Verdict:
        """What the policy says of a stored source, by this process's own check."""
        known = self._known.get(source_sha256)
        if known is not None and known.policy_version == POLICY_VERSION:
            return known.verdict
        source = self._blobs.read(source_sha256)
        if hashlib.sha256(source).hexdigest() != source_sha256:
            raise RuntimeError(f"blob {source_sha256} does not have the content of its name")
        verdict = check_isolated(source)
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[source_sha256] = _Known(policy_version=POLICY_VERSION, verdict=verdict)
        return verdict


def limits_of(config: dict[str, Any], *, quotas: Quotas) -> Limits:
    """The ceiling of a version's sandbox: the tenant's quotas, lowered where its config asks for less."""
    limits = Limits(
        memory_bytes=quotas.memory_bytes,
        timeout_seconds=quotas.timeout_seconds,
        output_bytes=quotas.output_bytes,
    )
    wanted = config.get("memory_bytes")
    return replace(limits, memory_bytes=min(limits.memory_bytes, int(wanted))) if wanted else limits
