"""Checking again what is stored, after the policy or what an operator allows has changed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

from policies.allowlist.entries import Allowances
from policies.verdict import Verdict
from store.blobs import Blobs
from store.catalog import Catalog, Status, Version
from store.errors import BlobCorrupt, BlobUnknown
from store.verdicts import is_current, judge

BATCH_VERSIONS = 100  # held in memory at once
_SERVED: tuple[Status, ...] = ("ready",)

Outcome = Literal["unchanged", "refused", "reopened", "unreadable"]


@dataclass(frozen=True, slots=True)
class Scope:
    """Which versions: of one tenant or of all; only those whose verdict is out of date, or every one.

    ``refused`` takes in those that were refused before: what is accepted now waits for its check again.
    """

    tenant_id: str | None = None
    every: bool = False
    refused: bool = False

    @property
    def statuses(self) -> tuple[Status, ...]:
        """The statuses to look through."""
        return ("checking", "ready", "failed", "refused") if self.refused else ("checking", "ready", "failed")


@dataclass(frozen=True, slots=True)
class Rechecked:
    """What became of one version, which is shown as it was before. No verdict where its source can't be read."""

    version: Version
    outcome: Outcome
    verdict: Verdict | None = None
    problem: str = ""


def recheck(catalog: Catalog, *, blobs: Blobs, scope: Scope) -> Iterator[Rechecked]:
    """Check and settle one version after the other, telling of each as soon as its new state is stored.

    The caller moves the tenant's generation for what was refused, and asks for the check of what was reopened.
    The same command may be given again at any time; versions of which it was told keep their new verdict.
    Raises CatalogUnavailable, BlobsUnavailable, and OSError when no process can be started.
    """
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as threads:
        after = ""
        while page := catalog.models.page(
            after=after, limit=BATCH_VERSIONS, statuses=scope.statuses, tenant_id=scope.tenant_id
        ):
            yield from _batch(catalog, blobs, page, every=scope.every, threads=threads)
            after = page[-1].id


def outdated(catalog: Catalog) -> int:
    """How many versions are served whose verdict is out of date. They are checked again before they are bound."""
    known: dict[str, Allowances] = {}
    count, after = 0, ""
    while page := catalog.models.page(after=after, limit=BATCH_VERSIONS, statuses=_SERVED):
        count += sum(not is_current(version, allowances=_allowances(catalog, version, known)) for version in page)
        after = page[-1].id
    return count


def _batch(
    catalog: Catalog, blobs: Blobs, page: tuple[Version, ...], *, every: bool, threads: ThreadPoolExecutor
) -> Iterator[Rechecked]:
    known: dict[str, Allowances] = {}
    checks: dict[tuple[str, Allowances], Future[Verdict]] = {}  # versions often share a source
    due: list[tuple[Version, Allowances]] = []
    for version in page:
        allowances = _allowances(catalog, version, known)
        if every or not is_current(version, allowances=allowances):
            due.append((version, allowances))
            key = version.source_sha256, allowances
            if key not in checks:
                checks[key] = threads.submit(judge, blobs, version.source_sha256, allowances=allowances)
    for version, allowances in due:
        try:
            verdict = checks[version.source_sha256, allowances].result()
        except (BlobUnknown, BlobCorrupt) as exc:
            yield Rechecked(version, "unreadable", problem=str(exc))
            continue
        yield Rechecked(version, _settle(catalog, version, verdict=verdict, allowances=allowances), verdict)


def _allowances(catalog: Catalog, version: Version, known: dict[str, Allowances]) -> Allowances:
    if version.tenant_id not in known:
        known[version.tenant_id] = catalog.allowances.get(version.tenant_id)
    return known[version.tenant_id]


def _settle(catalog: Catalog, version: Version, *, verdict: Verdict, allowances: Allowances) -> Outcome:
    models = catalog.models
    if verdict.accepted and version.status == "refused":
        return "reopened" if models.reopen(version.id, verdict=verdict, allowances=allowances) else "unchanged"
    if not verdict.accepted and version.status != "refused":
        refused = models.finish_check(version.id, status="refused", verdict=verdict, allowances=allowances)
        return "refused" if refused else "unchanged"
    models.renew_verdict(version, verdict=verdict, allowances=allowances)
    return "unchanged"
