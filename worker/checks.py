"""The check of an upload: policy again, load in a sandbox, answer the example input; then ready or not."""

from __future__ import annotations

import base64
from typing import Any, Literal

import msgspec
import redis
import structlog

from policies.allowlist.entries import NONE, Allowances
from policies.verdict import Verdict
from sandbox.contract import Bundle, Call, LoadFailure, LoadMode
from sandbox.errors import SandboxError
from sandbox.lease import Lease
from sandbox.outcome import Outcome
from store import generations
from store.catalog.records import Version
from store.errors import StoreError
from worker.bundles import SourceRefused
from worker.station import Station, current

log = structlog.get_logger()

# check:{version}  string  the worker that checks it; expires in case that worker never lets go
_KEY = "check:"
_EXPIRES_SECONDS = 600
EXAMPLE = "example_input"


def check(version_id: str) -> None:
    """The RQ job: check the version once. Whoever comes second leaves it to the first."""
    station = current()
    key = _KEY + version_id
    if not station.connection.set(key, station.name, nx=True, ex=_EXPIRES_SECONDS):
        return
    try:
        version = station.catalog.models.version_by_id(version_id)
        if version is not None and version.status == "checking":
            _check(station, version)
    except (SandboxError, StoreError) as exc:
        # Still "checking": the reaper asks again when the platform is well.
        log.warning("check_postponed", version_id=version_id, code=exc.code, error=str(exc))
    finally:
        station.connection.delete(key)


def orphaned(connection: redis.Redis, version_id: str) -> bool:
    """True when nobody checks the version: no one began, or who began is gone."""
    holder = connection.get(_KEY + version_id)
    if holder is None:
        return True
    if connection.zscore("workers", holder) is not None:
        return False
    connection.delete(_KEY + version_id)
    return True


def _check(station: Station, version: Version) -> None:
    terms = station.catalog.terms(version.tenant_id)
    try:
        bundle = station.bundles.build(version, terms=terms, load="auto")
    except SourceRefused as exc:
        refuse(station, version, verdict=exc.verdict, allowances=terms.allowances)
        return
    with station.pool.lease(bundle) as lease:
        if lease.failure is not None:
            if lease.failure.kind == "platform":
                log.warning("check_postponed", version_id=version.id, code="platform", error=lease.failure.message)
                return
            _finish(station, version, "failed", error=_load_error(lease.failure))
            return
        error = _example_error(lease, version, bundle)
        load = lease.load or "auto"
    if error is not None:
        _finish(station, version, "failed", load_mode=load, error=error)
        return
    verdict = station.bundles.verdict(version.source_sha256, allowances=terms.allowances)
    _finish(station, version, "ready", load_mode=load, verdict=verdict, allowances=terms.allowances)


def refuse(station: Station, version: Version, *, verdict: Verdict, allowances: Allowances) -> None:
    """Stop serving a version for the reasons in the verdict, everywhere and at once. Raises StoreError."""
    _finish(station, version, "refused", load_mode=version.load_mode, verdict=verdict, allowances=allowances)
    station.pool.evict(version.id)


def _example_error(lease: Lease, version: Version, bundle: Bundle) -> dict[str, Any] | None:
    if EXAMPLE not in version.config:
        return None
    call = _example_call(version.config, timeout_seconds=bundle.limits.timeout_seconds)
    # The iterator is left to end by itself: one that is abandoned takes its sandbox with it.
    outcome = next(iter(list(lease.sandbox.run([call]))), None)
    if outcome is None or outcome.kind == "platform":
        raise SandboxError("The sandbox went away while it answered the example input.")
    return None if outcome.kind == "succeeded" else _run_error(outcome)


def _example_call(config: dict[str, Any], *, timeout_seconds: float) -> Call:
    example = config[EXAMPLE]
    if config.get("example_input_encoding") == "base64":
        return Call(id="example", kind="bytes", payload=base64.b64decode(example), timeout_seconds=timeout_seconds)
    return Call(id="example", kind="json", payload=msgspec.json.encode(example), timeout_seconds=timeout_seconds)


def _load_error(failure: LoadFailure) -> dict[str, Any]:
    return {
        "type": failure.kind,
        "message": failure.message,
        "traceback": failure.traceback,
        "logs": failure.logs,
        **failure.detail,
    }


def _run_error(outcome: Outcome) -> dict[str, Any]:
    message = f"It loads, but its example input fails: {outcome.message}"
    return {"type": outcome.kind, "message": message, "traceback": outcome.traceback, "logs": outcome.logs}


def _finish(
    station: Station,
    version: Version,
    status: Literal["ready", "refused", "failed"],
    *,
    load_mode: LoadMode = "auto",
    error: dict[str, Any] | None = None,
    verdict: Verdict | None = None,
    allowances: Allowances = NONE,
) -> None:
    changed = station.catalog.models.finish_check(
        version.id, status=status, load_mode=load_mode, error=error, verdict=verdict, allowances=allowances
    )
    generations.bump(station.connection, version.tenant_id)
    log.info("version_checked", version_id=version.id, status=status, load_mode=load_mode, changed=changed)
