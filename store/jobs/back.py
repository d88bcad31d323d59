"""The worker's side of the job store: begin a turn, settle and claim, end it, stay alive, reap."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import redis

from store import scripting
from store.jobs.records import InputKind, OutputKind
from store.jobs.scripts import script
from store.jobs.turns import GPU_TURNS_QUEUE_KEY, TURNS_QUEUE_KEY, Queues, enqueue_check, enqueue_turns
from store.payloads.names import Stored, mark, read_mark

MAX_ATTEMPTS = 3  # runs a job may start before a platform fault is its outcome
DEAD_AFTER_SECONDS = 3.5  # a worker silent for longer is taken for dead; it beats twice a second
DEAF_AFTER_SECONDS = 2.0  # silent for longer, and its connections are gone: likewise
_REAP_SECONDS = 0.5  # one round of the reaper, at most

Ending = Literal["succeeded", "failed", "retry", "release"]


@dataclass(frozen=True, slots=True)
class Claim:
    """A job this worker may run, under the fence it must present when it is done."""

    job_id: str
    fence: bytes
    kind: InputKind
    payload: bytes
    timeout_seconds: float
    stored: Stored | None = None  # where the payload is while it has not been fetched from the blob store


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of one claim. "release": never started. "retry": a platform fault, try elsewhere."""

    claim: Claim
    ending: Ending
    predict_seconds: float = 0.0
    output_kind: OutputKind = "json"
    output: bytes = b""
    error_type: str = ""
    error_message: str = ""
    error_traceback: str = ""
    error_signal: int | None = None
    logs: str = ""
    logs_truncated: bool = False
    gpus: int = 0  # that computed: their seconds are the call's times this
    output_bytes: int | None = None  # the size of one that is in the blob store under our fence; None: it is here

    def arguments(self) -> tuple[Any, ...]:
        """The fourteen arguments settle.lua reads for each outcome, in its order."""
        c, kind = self.claim, str(self.output_kind)
        if self.output_bytes is not None:
            kind = mark(kind, self.output_bytes, fence=int(c.fence))
        return (
            *(c.job_id, c.fence, self.ending, int(self.predict_seconds * 1e6), kind, self.output),
            *(self.error_type, self.error_message, self.error_traceback),
            "" if self.error_signal is None else int(self.error_signal),
            *(self.logs, "1" if self.logs_truncated else "0"),
            *(self.gpus, len(self.output) if self.output_bytes is None else self.output_bytes),
        )


@dataclass(frozen=True, slots=True)
class Settled:
    """The next batch, and what a turn needs to know to decide whether to go on.

    ``over`` means the turn is no longer this worker's. ``others_waiting`` counts turns and checks in RQ,
    and the tenant's versions in line for a turn; ``own_waiting`` those of them that are this tenant's.
    """

    over: bool
    others_waiting: int
    own_waiting: int
    pending: int
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """The job that a worker runs right now, under its fence."""

    job_id: str
    fence: bytes


@dataclass(frozen=True, slots=True)
class Beat:
    """What a heartbeat hears. Not ``known``: this worker was taken for dead, and its claims were given away.

    Not ``held``: the job it runs is not its to run any more, canceled most likely, and the message was lost.
    """

    known: bool
    held: bool


@dataclass(frozen=True, slots=True)
class Reaped:
    """What one round of the reaper did."""

    taken_back: int = 0
    expired: int = 0
    reissued: int = 0
    dead: tuple[str, ...] = ()  # names of workers


NOTHING = Reaped()


class JobBack:
    """One worker's connection to the job store. Not for use by several threads at once.

    ``gpus`` are the devices it owns; a worker that owns some serves the versions that ask for one.
    """

    def __init__(self, connection: redis.Redis, *, worker: str, gpus: tuple[str, ...] = ()) -> None:
        self.worker = worker
        self._redis = connection
        self._queues = Queues.of(connection)
        self._devices = ",".join(gpus)
        self._queue_key = GPU_TURNS_QUEUE_KEY if gpus else TURNS_QUEUE_KEY

    def begin(self, token: str) -> tuple[str, str] | None:
        """Begin the turn: (version id, tenant id), or None when it is over or somebody else's."""
        answer = self._run("begin", token, self.worker)
        return (answer[0].decode(), answer[1].decode()) if answer else None

    def settle(
        self,
        token: str,
        version_id: str,
        outcomes: Sequence[Settlement],
        *,
        want: int,
        linger: bool = False,
        more: bool = False,
        empty_handed: bool = True,
    ) -> Settled:
        """Write outcomes and claim up to ``want`` jobs in one round trip.

        ``linger`` asks to be woken, or handed a job, when the queue was empty: only for who listens (worker.bell)
        and until a settlement without it. ``more`` says that one sandbox is too slow for what is pending, so
        that the tenant's concurrency may grow to another worker. ``empty_handed``: beyond these outcomes nothing
        is in this worker's hands, so what Redis holds in its name was lost on the way and is given back.
        """
        arguments: list[Any] = [self.worker, token, version_id, want, int(linger), int(more), self._queue_key]
        arguments += [len(outcomes), MAX_ATTEMPTS, int(empty_handed)]
        for outcome in outcomes:
            arguments += outcome.arguments()
        state, waiting, pending, issued, claimed, own = self._run("settle", *arguments)
        if issued:
            self._issue(issued)
        return Settled(
            over=state != b"ok",
            others_waiting=waiting,
            own_waiting=own,
            pending=pending,
            claims=tuple(decode_claim(row) for row in claimed),
        )

    def printed(self, claim: Claim, text: str) -> bool:
        """Tell those who follow the job what it has printed by now. False: it is not this worker's to run any more."""
        return bool(self._run("print", self.worker, claim.job_id, claim.fence, text))

    def recover(self, *, count_attempt: bool = False) -> int:
        """Hand back every claim in this worker's name, with nothing in hand any more; how many.

        For a reply that was lost on the way; with ``count_attempt`` for a turn that failed through our own
        fault, so that a job that always makes it fail ends after its attempts.
        """
        count, issued = self._run("recover", self.worker, int(count_attempt), MAX_ATTEMPTS)
        self._issue(issued)
        return int(count)

    def end(self, token: str, *, go_on: bool = False, in_tenure: bool = False) -> tuple[str, str, str] | None:
        """End the turn; what waited for its place gets it.

        With ``go_on`` that may be this worker itself: (token, version id, tenant id) of a turn that has begun, where
        nobody else waits or, ``in_tenure``, although others do.
        """
        queues = TURNS_QUEUE_KEY, GPU_TURNS_QUEUE_KEY
        begun, issued = self._run("end_turn", token, self.worker, *queues, int(go_on), int(in_tenure))
        self._issue(issued)
        return (begun[0].decode(), begun[1].decode(), begun[2].decode()) if begun else None

    def heartbeat(self, *, fault: str = "", head: Head | None = None) -> Beat:
        """Say that this worker lives, and ask whether the job it runs is still its own."""
        job_id, fence = (head.job_id, head.fence) if head else ("", b"")
        known, held = self._run("heartbeat", self.worker, fault, self._devices, job_id, fence)
        return Beat(known=bool(known), held=bool(held))

    def reap(self, *, goodbye: bool = False, ended: Sequence[str] = ()) -> Reaped:
        """One round of the reaper; with ``goodbye`` this worker's own claims and turns are given back too.

        ``ended`` are workers that are known to have ended: they are dead at once, however lately they have beaten.

        As many steps as there is to do, each a script of a few milliseconds, for half a second at most: what is
        admitted in a second can be forgotten in one.
        """
        until = time.monotonic() + _REAP_SECONDS
        also = self.worker if goodbye else ""
        done = NOTHING
        left = 1
        while left and time.monotonic() < until:
            patience = int(DEAD_AFTER_SECONDS * 1000), int(DEAF_AFTER_SECONDS * 1000)
            queues = TURNS_QUEUE_KEY, GPU_TURNS_QUEUE_KEY
            answer = self._run("reap", *patience, MAX_ATTEMPTS, also, *queues, *ended)
            taken, expired, issued, left, dead = answer
            done = Reaped(
                taken_back=done.taken_back + taken,
                expired=done.expired + expired,
                reissued=done.reissued + self._issue(issued, first=True),  # they have waited, for a dead worker
                dead=done.dead + tuple(name.decode() for name in dead),
            )
        return done

    def enqueue_check(self, version_id: str, *, gpus: int = 0) -> None:
        """Ask a worker, one with GPUs for a version that asks for some, to check an uploaded version."""
        enqueue_check(self._queues, version_id, gpus=gpus)

    def _issue(self, issued: Sequence[Any], *, first: bool = False) -> int:
        return enqueue_turns(self._queues, issued, first=first)

    def _run(self, name: str, *arguments: Any) -> Any:
        return scripting.run(self._redis, script(name), *arguments)


def decode_claim(row: Sequence[Any]) -> Claim:
    """A claim as settle.lua returns it and admit.lua sends it: id, fence, kind, timeout, input."""
    name, fence, marked, timeout, payload = row
    job_id = name.decode()
    kind, stored = read_mark(marked.decode(), job_id=job_id)
    return Claim(
        job_id=job_id,
        fence=fence if isinstance(fence, bytes) else str(fence).encode(),
        kind=cast("InputKind", kind),
        payload=payload,
        timeout_seconds=float(timeout),
        stored=stored,
    )
