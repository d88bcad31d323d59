"""``cloche-admin policy recheck``."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

import typer
from redis.exceptions import RedisError

from admin.installation import announce, opened, redis_client, settings
from admin.output import AsJson, complain, say, show_json, warn
from policies.render import printable
from policies.version import POLICY_VERSION
from store.blobs import Blobs
from store.jobs.back import JobBack
from store.recheck import Rechecked, Scope, recheck

INCOMPLETE = 1  # exit status: some versions could not be checked; the others were
UNUSABLE = 2


def recheck_(
    *,
    tenant: Annotated[str | None, typer.Option(metavar="TENANT", help="Only this one's versions.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Those whose verdict is up to date as well.")] = False,
    refused: Annotated[
        bool, typer.Option("--refused", help="Refused ones as well: those that pass are loaded.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check stored versions whose verdict is out of date: made by another policy, or under other allowances.

    What is refused now stops being served at once, and its tenant sees why. Exit status: 0, or 1 when a
    source could not be read. Safe to run at any time, and again.
    """
    told: list[Rechecked] = []
    found = settings()
    with opened() as catalog:
        tenant_id = None if tenant is None else catalog.tenants.get(tenant).id
        scope = Scope(tenant_id=tenant_id, every=every, refused=refused)
        try:
            for each in recheck(catalog, blobs=Blobs.open(found.blobs_url, found.data / "cache"), scope=scope):
                told.append(each)
                _act(each, redis_url=found.redis_url)
                if not as_json:
                    _tell(each)
        except OSError as exc:
            complain(f"No check can be started: {exc}.")
            raise typer.Exit(UNUSABLE) from exc
    counts = Counter(each.outcome for each in told)
    if as_json:
        changed = [_plain(each) for each in told if each.outcome != "unchanged"]
        show_json({"policy_version": POLICY_VERSION, "checked": len(told), "versions": changed})
    else:
        say(
            f"Checked {len(told)} by policy {POLICY_VERSION}: {counts['refused']} refused, "
            f"{counts['reopened']} to be loaded again, {counts['unreadable']} unreadable, "
            f"{counts['unchanged']} as before."
        )
    if counts["unreadable"]:
        raise typer.Exit(INCOMPLETE)


def _act(each: Rechecked, *, redis_url: str) -> None:
    """Let the other parts know at once, not at the end of what may be a long list."""
    if each.outcome in ("refused", "reopened"):
        announce(each.version.tenant_id)
    if each.outcome == "reopened":
        try:
            with redis_client(redis_url) as client:
                JobBack(client, worker="cloche-admin").enqueue_check(each.version.id, gpus=each.version.gpus)
        except (RedisError, ValueError):
            warn(f"Redis does not answer: a worker finds {each.version.id} by itself when it is back.")


def _tell(each: Rechecked) -> None:
    if each.outcome == "unchanged":
        return
    version = each.version
    say(f"{each.outcome}: {version.model_name} version {version.number} ({version.id}) of {version.tenant_id}")
    if each.outcome == "refused" and each.verdict is not None:
        for violation in each.verdict.violations:
            print(printable(f"    {violation.line}:{violation.column} {violation.code} {violation.message}"))
    if each.problem:
        say(f"    {each.problem}")


def _plain(each: Rechecked) -> dict[str, Any]:
    version = each.version
    return {
        "outcome": each.outcome,
        "version_id": version.id,
        "tenant_id": version.tenant_id,
        "model": version.model_name,
        "version": version.number,
        "status_before": version.status,
        "verdict": None if each.verdict is None else each.verdict.to_dict(),
        "problem": each.problem or None,
    }
