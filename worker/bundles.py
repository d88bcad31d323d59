"""From a version in the catalogue to what a sandbox is bound with, checked again on the way."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from typing import Any

from policies.allowlist.entries import Allowances
from policies.limits import Limits
from policies.quotas import Quotas
from policies.verdict import Verdict
from policies.version import POLICY_VERSION
from sandbox.contract import Bundle, LoadMode
from store.blobs import Blobs
from store.catalog.records import Terms, Version
from store.verdicts import judge

_REMEMBERED = 4096


class SourceRefused(Exception):
    """The policy refuses the source now, whatever it said at upload."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        super().__init__("The policy refuses this version's source.")


class Bundles:
    """Builds bundles, believing no stored verdict: this process checks every source itself.

    It remembers what it accepted, so that a source costs one check a process, policy and set of allowances.
    What it refused is not remembered: that stops being served, and comes back only to be looked at anew.
    """

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._accepted: OrderedDict[tuple[str, str, Allowances], Verdict] = OrderedDict()

    def build(self, version: Version, *, terms: Terms, load: LoadMode | None = None) -> Bundle:
        """The bundle of a version. Raises SourceRefused, or a StoreError when a blob can't be had."""
        verdict = self.verdict(version.source_sha256, allowances=terms.allowances)
        if not verdict.accepted or verdict.class_name is None:
            raise SourceRefused(verdict)
        return Bundle(
            tenant_id=version.tenant_id,
            version_id=version.id,
            class_name=verdict.class_name,
            source=self._blobs.path(version.source_sha256),
            weights=self._blobs.path(version.weights_sha256),
            limits=limits_of(version.config, quotas=terms.quotas),
            load=load or version.load_mode,
        )

    def verdict(self, source_sha256: str, *, allowances: Allowances) -> Verdict:
        """What the policy says of a stored source under these allowances, by this process's own check."""
        key = source_sha256, POLICY_VERSION, allowances
        known = self._accepted.get(key)
        if known is not None:
            self._accepted.move_to_end(key)
            return known
        verdict = judge(self._blobs, source_sha256, allowances=allowances)
        if verdict.accepted:
            self._accepted[key] = verdict
            if len(self._accepted) > _REMEMBERED:
                self._accepted.popitem(last=False)
        return verdict


def limits_of(config: dict[str, Any], *, quotas: Quotas) -> Limits:
    """The ceiling of a version's sandbox: the tenant's quotas, lowered where its config asks for less."""
    limits = Limits(
        memory_bytes=quotas.memory_bytes,
        timeout_seconds=quotas.timeout_seconds,
        output_bytes=quotas.output_bytes,
    )
    if config.get("gpus"):
        limits = replace(limits, gpus=int(config["gpus"]), gpu_memory_bytes=quotas.gpu_memory_bytes)
    wanted = config.get("memory_bytes")
    return replace(limits, memory_bytes=min(limits.memory_bytes, int(wanted))) if wanted else limits
