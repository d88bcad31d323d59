"""The policy's verdict on a source that is stored already."""

from __future__ import annotations

from policies.allowlist.entries import Allowances
from policies.isolated import check_isolated
from policies.rules.finished import Finished
from policies.verdict import Verdict
from policies.version import GRAMMAR_VERSION, POLICY_VERSION
from store.blobs import Blobs
from store.catalog.allowances import fingerprint
from store.catalog.records import Version

PATIENCE_SECONDS = 30.0  # for the second attempt; a file of the largest legal size takes well under one


def judge(blobs: Blobs, source_sha256: str, *, allowances: Allowances) -> Verdict:
    """What the policy of this release says of the source, in a child process. Blocks for it.

    A check that did not end is made once more with more time: a busy machine must not refuse what is served.
    Raises BlobUnknown, BlobCorrupt, BlobsUnavailable, and OSError when no process can be started.
    """
    source = blobs.read(source_sha256)
    verdict = check_isolated(source, allowances=allowances)
    if any(violation.code == Finished.code for violation in verdict.violations):
        verdict = check_isolated(source, allowances=allowances, timeout_seconds=PATIENCE_SECONDS)
    return verdict


def is_current(version: Version, *, allowances: Allowances) -> bool:
    """Whether the version's verdict is about its source, by this release's policy, under these allowances."""
    verdict = version.verdict
    return (
        verdict.source_sha256 == version.source_sha256
        and (verdict.policy_version, verdict.python_version) == (POLICY_VERSION, GRAMMAR_VERSION)
        and version.verdict_allowances == fingerprint(allowances)
    )
