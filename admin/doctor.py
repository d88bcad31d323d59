"""``cloche-admin doctor``."""

from __future__ import annotations

from dataclasses import asdict

import typer

from admin.checks.batches import check_batches
from admin.checks.engine import check_engine
from admin.checks.finding import Finding
from admin.checks.policy import check_policy
from admin.checks.redis import check_redis
from admin.checks.storage import check_storage
from admin.checks.webhooks import check_webhooks
from admin.installation import settings
from admin.output import AsJson, say, show_json, show_table
from admin.settings import SandboxSettings

UNHEALTHY = 1


def doctor(*, as_json: AsJson = False) -> None:
    """Look at every part of this installation and say what to do where something is wrong.

    Exit status: 0 when nothing failed (there may be warnings), 1 otherwise.
    """
    store = settings()
    findings = (
        *check_engine(SandboxSettings()),
        *check_redis(store.redis_url, full_percent=store.redis_full_percent),
        *check_storage(store),
        *check_policy(store),
        *check_webhooks(store),
        *check_batches(store),
    )
    healthy = all(finding.state != "fail" for finding in findings)
    if as_json:
        show_json({"healthy": healthy, "checks": [asdict(finding) for finding in findings]})
    else:
        _show(findings)
    if not healthy:
        raise typer.Exit(UNHEALTHY)


def _show(findings: tuple[Finding, ...]) -> None:
    show_table(("CHECK", "STATE", "FOUND"), ((finding.name, finding.state, finding.found) for finding in findings))
    print()
    for finding in findings:
        if finding.advice:
            say(f"{finding.name}: {finding.advice}")
