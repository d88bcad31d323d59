"""A turn: this worker serves one version until nothing is pending, or its slice is over and others wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import redis
import structlog

from sandbox.contract import Bundle, Sandbox
from sandbox.errors import SandboxError
from sandbox.lease import Lease
from store import generations
from store.errors import StoreError
from store.jobs.back import Claim, Settled, Settlement
from store.verdicts import is_current
from worker import payloads
from worker.batch import Pace, run_batch
from worker.bundles import SourceRefused
from worker.checks import refuse
from worker.settlements import not_loaded, not_served
from worker.station import Station, current

log = structlog.get_logger()
T = TypeVar("T")

_FAULT_PAUSE_SECONDS = 1.0  # between attempts while the engine is away
_LOOK_SECONDS = 0.5  # how long a turn trusts the bell, and what it knows of its tenant
_BACKLOG_SECONDS = 0.1  # pending work worth another worker


def serve(token: str) -> None:
    """The RQ job: serve the turn, and those that follow it while nobody else waits.

    A token that is over, doubled or unknown is no work at all.
    """
    station = current()
    begun = persist(station, lambda: station.back.begin(token))
    following = (token, *begun) if begun is not None else None
    while following is not None:
        following = _serve(station, *following)


def _serve(station: Station, token: str, version_id: str, tenant_id: str) -> tuple[str, str, str] | None:
    """One turn from its beginning to its end; the one to go on with."""
    turn = Turn(station, token, version_id=version_id, tenant_id=tenant_id)
    try:
        turn.serve()
    except Exception:
        # A fault of ours: what was claimed must not stay "running" under a worker that lives. The turn ends
        # first, so that nothing is handed to this worker any more.
        persist(station, lambda: station.back.end(token))
        persist(station, lambda: station.back.recover(count_attempt=True))
        raise
    in_tenure = station.tenure.seconds < station.settings.slice_seconds
    return persist(station, lambda: station.back.end(token, go_on=not station.stop.is_set(), in_tenure=in_tenure))


def persist(station: Station, step: Callable[[], T]) -> T:
    """Do a step of the job store, again and again while Redis can't: every step is safe to repeat.

    Gives up, raising the error, only when the worker has to stop.
    """
    while True:
        try:
            return step()
        except redis.RedisError as exc:
            if not _will_pass(exc) or station.stop.wait(0.2):
                raise


def _will_pass(exc: redis.RedisError) -> bool:
    """Whether Redis is away, or there and can't write now: full, read-only, its disk in trouble."""
    away = (redis.ConnectionError, redis.TimeoutError, redis.OutOfMemoryError, redis.ReadOnlyError)
    return isinstance(exc, away) or str(exc).startswith("MISCONF")


class NotServed(Exception):
    """Nothing may run under this version, for the reason that its pending jobs are told."""


class Turn:
    """One turn in progress."""

    def __init__(self, station: Station, token: str, *, version_id: str, tenant_id: str) -> None:
        self._station = station
        self._token = token
        self._version_id = version_id
        self._tenant_id = tenant_id
        self._pace = Pace()
        self._seen: Settled | None = None  # what the last settlement said
        self._slice_seconds = station.settings.slice_seconds  # while another tenant waits
        self._moves_on_at = 0.0  # while another version of this one does
        self._looks_at = time.monotonic() + _LOOK_SECONDS
        self._generation = -1  # of the tenant, when the bundle was last compared with what holds

    def serve(self) -> None:
        """Serve until there is a reason to stop. Platform trouble leaves the jobs queued."""
        try:
            self._serve()
        except (SandboxError, StoreError) as exc:
            log.warning("turn_postponed", version_id=self._version_id, code=exc.code, error=str(exc))
            self._let_go()
            self._station.stop.wait(_FAULT_PAUSE_SECONDS)

    def _let_go(self) -> None:
        """Leave nothing "running" in this worker's name: out of the line first, then back with what was claimed."""
        self._settle([], want=0, empty_handed=False)
        persist(self._station, lambda: self._station.back.recover(count_attempt=True))

    def _serve(self) -> None:
        try:
            bundle = self._bundle()
        except NotServed as exc:
            self._station.pool.evict(self._version_id)
            # Whoever admitted these jobs took the version for ready: let them look again.
            generations.bump(self._station.connection, self._tenant_id)
            self._fail_pending(str(exc))
            return
        while self._serve_in_one_sandbox(bundle):
            pass

    def _bundle(self) -> Bundle:
        """What a sandbox is bound with as things stand. Raises NotServed, or a StoreError."""
        station = self._station
        version = station.catalog.models.version_by_id(self._version_id)
        if version is None or version.status != "ready":
            raise NotServed("This version is no longer served: it was deleted or refused.")
        terms = station.catalog.terms(version.tenant_id)
        if version.gpus > terms.quotas.gpus:
            raise NotServed("This version asks for a GPU, and its tenant may use none any more; ask the operator.")
        try:
            bundle = station.bundles.build(version, terms=terms)
        except SourceRefused as exc:
            refuse(station, version, verdict=exc.verdict, allowances=terms.allowances)
            raise NotServed("The policy refuses this version's source; see the version's verdict.") from exc
        if not is_current(version, allowances=terms.allowances):
            verdict = station.bundles.verdict(version.source_sha256, allowances=terms.allowances)
            station.catalog.models.renew_verdict(version, verdict=verdict, allowances=terms.allowances)
        return bundle

    def _outdated(self, bundle: Bundle) -> bool:
        """Whether the tenant changed so that this bundle must not be used any more. Looks twice a second.

        A version that was refused, a denied path, a lowered quota: all of them end a turn that goes on and on.
        """
        if time.monotonic() < self._looks_at:
            return False
        self._looks_at = time.monotonic() + _LOOK_SECONDS
        try:
            generation = generations.current(self._station.connection, self._tenant_id)
            if generation == self._generation or self._bundle() == bundle:
                self._generation = generation
                return False
        except StoreError:
            return False  # what can't be asked now is asked again
        except NotServed:
            pass
        self._station.pool.evict(self._version_id)
        return True

    def _fail_pending(self, why: str) -> None:
        outcomes: list[Settlement] = []
        while True:
            settled = self._settle(outcomes, want=32)
            if settled.over or not settled.claims:
                return
            outcomes = [not_served(claim, why) for claim in settled.claims]

    def _serve_in_one_sandbox(self, bundle: Bundle) -> bool:
        """Serve as long as one sandbox lives. True: it died and the turn goes on in another."""
        with self._station.pool.lease(bundle) as lease:
            if lease.failure is not None:
                self._refuse_one_batch(lease)
                return False
            outcomes: list[Settlement] = []
            self._begin_slice(lease)
            while lease.sandbox.alive:
                claims = self._next(bundle, outcomes)
                if not claims:
                    self._station.tenure.leave()
                    return False
                outcomes = self._run(lease.sandbox, claims, gpus=bundle.limits.gpus)
        self._station.tenure.leave()
        settled = self._settle(outcomes, want=0)
        return not settled.over and settled.pending > 0 and not self._station.stop.is_set()

    def _run(self, sandbox: Sandbox, claims: tuple[Claim, ...], *, gpus: int) -> list[Settlement]:
        """Run what can be run; what is returned is not yet written. Raises a StoreError when no input can be had."""
        station = self._station
        fetched = payloads.fetch(station.payloads, claims)
        if not fetched.claims:
            self._settle(fetched.outcomes, want=0)
            if fetched.fault is not None:
                raise fetched.fault
            return []
        outcomes = run_batch(
            sandbox,
            fetched.claims,
            running=station.running,
            pace=self._pace,
            flush=lambda done: void(self._settle(done, want=0, empty_handed=False)),
            keep=lambda settlement: payloads.keep(
                station.payloads, settlement, inline_bytes=station.settings.inline_bytes, stop=station.stop
            ),
            printing=station.printing,
            gpus=gpus,
        )
        return outcomes + fetched.outcomes

    def _begin_slice(self, lease: Lease) -> None:
        """What a sandbox took to be made and bound is worth at least as long in it: else nothing else is done."""
        self._station.tenure.enter(self._tenant_id)
        self._slice_seconds = max(self._station.settings.slice_seconds, lease.bind_seconds)
        self._moves_on_at = time.monotonic() + max(self._slice_seconds, 2 * lease.cost_seconds)

    def _refuse_one_batch(self, lease: Lease) -> None:
        assert lease.failure is not None
        failure = lease.failure
        settled = self._settle([], want=32)
        self._settle([not_loaded(claim, failure) for claim in settled.claims], want=0)
        if failure.kind == "platform":
            self._station.stop.wait(_FAULT_PAUSE_SECONDS)

    def _next(self, bundle: Bundle, outcomes: list[Settlement]) -> tuple[Claim, ...]:
        """Write the outcomes and get the next batch; nothing when the turn should end. Lingers while idle."""
        idle_since = time.monotonic()
        bell = self._station.bell
        while True:
            over = self._station.stop.is_set() or self._outdated(bundle)
            want = 0 if over else self._wanted()
            lingers = bell.armed and want > 0  # only who hears the bell may count on being woken by it
            settled = self._settle(outcomes, want=want, linger=lingers)
            outcomes = []
            if settled.claims or over or settled.over:
                bell.holding(settled.claims)
                return settled.claims
            if settled.others_waiting or time.monotonic() - idle_since > self._station.settings.linger_seconds:
                if lingers:  # out of the line, so that nothing is handed over any more; what was goes back
                    self._settle([], want=0)
                return ()
            ring = bell.wait(_LOOK_SECONDS, tenant_id=self._tenant_id) if settled.pending == 0 else None
            if ring is not None and ring.claim is not None and ring.version_id == self._version_id:
                return (ring.claim,)

    def _wanted(self) -> int:
        """How many jobs to claim next; none when the slice is over and somebody waits.

        Another tenant waits for what is left of this one's tenure, over all its versions: who has had the worker
        for long leaves it at once. A version of the same tenant waits for this turn's own slice.
        """
        seen = self._seen
        if seen is None or not seen.others_waiting:
            return self._pace.batch()
        of_others = seen.others_waiting > seen.own_waiting and self._station.tenure.seconds > self._slice_seconds
        of_own = seen.own_waiting > 0 and time.monotonic() > self._moves_on_at
        return 0 if of_others or of_own else self._pace.batch()

    @property
    def _behind(self) -> bool:
        """True when one sandbox is too slow for what is pending."""
        pending = self._seen.pending if self._seen is not None else 0
        return pending > 1 and (self._pace.seconds or 0.0) * pending > _BACKLOG_SECONDS

    def _settle(
        self, outcomes: list[Settlement], *, want: int, linger: bool = False, empty_handed: bool = True
    ) -> Settled:
        station, back = self._station, self._station.back

        def settle(want: int) -> Settled:
            return back.settle(
                self._token,
                self._version_id,
                outcomes,
                want=want,
                linger=linger and want > 0,
                more=self._behind,
                empty_handed=empty_handed,
            )

        try:
            self._seen = settle(want)
        except redis.RedisError as exc:
            if not _will_pass(exc):
                raise
            # Whether it happened is unknown. Writing the outcomes again is harmless, and a claim whose reply
            # was lost is in nobody's hands, so the repetition gives it back.
            self._seen = persist(station, lambda: settle(0))
        return self._seen


def void(_value: object) -> None:
    """Drop a value."""
