"""Workers as the job store sees them, steered step by step: what a crash or a lost reply leaves half done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import redis
from rq.job import Job
from rq.serializers import JSONSerializer

from store.jobs.back import Claim, JobBack, Settlement
from store.jobs.turns import GPU_TURNS_QUEUE_KEY, TURNS_QUEUE_KEY
from worker.bell import Bell

Fate = Literal["succeeded", "failed", "retry", "release", "kept"]


def pop_token(connection: redis.Redis, queue_key: str = TURNS_QUEUE_KEY) -> str | None:
    """The next turn RQ would hand out, None when it has none."""
    popped = connection.lpop(queue_key)
    if popped is None:
        return None
    job = Job.fetch(popped.decode(), connection=connection, serializer=JSONSerializer)  # type: ignore[union-attr]
    token: str = job.args[0]
    job.delete()
    return token


class SimulatedWorker:
    """One worker between two steps: its turn, and the claims in its hand."""

    def __init__(self, connection: redis.Redis, name: str, *, gpus: tuple[str, ...] = ()) -> None:
        self.name = name
        self.gpus = len(gpus)
        self.queue_key = GPU_TURNS_QUEUE_KEY if gpus else TURNS_QUEUE_KEY
        self.back = JobBack(connection, worker=name, gpus=gpus)
        self.back.heartbeat()
        self.token: str | None = None
        self.version = ""
        self.hand: list[Claim] = []
        self.history: list[Claim] = []  # whatever it ever claimed and heard of
        self.bell = Bell(connection, worker=name)
        self.bell.wait(0)  # subscribes

    def begin(self, token: str) -> None:
        """Begin that turn, if it is to be had and none is in hand."""
        begun = self.back.begin(token)
        if begun is not None:
            self.token, self.version = token, begun[0]

    def settle(self, fates: Sequence[Fate], *, want: int, linger: bool, more: bool) -> None:
        """Write what became of the claims in hand, in order; "kept" ones and the new ones stay in hand."""
        assert self.token is not None
        outcomes, kept = self._outcomes(fates)
        settled = self.back.settle(
            self.token, self.version, outcomes, want=want, linger=linger, more=more, empty_handed=not kept
        )
        self.bell.holding(settled.claims)
        self.hand = kept + list(settled.claims)
        self.history += settled.claims
        if settled.over:
            self.finish(fates)

    def listen(self) -> None:
        """Take the job that it was handed over while it lingered, if there is one."""
        if self.token is None or self.hand:
            return
        ring = self.bell.wait(0.001)
        if ring is not None and ring.claim is not None and ring.version_id == self.version:
            self.hand = [ring.claim]
            self.history.append(ring.claim)

    def settle_and_lose_the_reply(self, fates: Sequence[Fate], *, want: int) -> list[Settlement]:
        """The store does it, the worker never hears. Returns what it will write again."""
        assert self.token is not None
        outcomes, kept = self._outcomes(fates)
        self.back.settle(self.token, self.version, outcomes, want=want, empty_handed=not kept)
        self.hand = []
        return outcomes + [self.settlement(claim, "succeeded") for claim in kept]

    def settle_again(self, outcomes: Sequence[Settlement]) -> None:
        """After a lost reply: the same outcomes once more, then back with whatever is in nobody's hand."""
        assert self.token is not None
        self.back.settle(self.token, self.version, outcomes, want=0)

    def fail(self) -> None:
        """A fault of ours in the middle of a turn: see worker.turns.serve."""
        assert self.token is not None
        self.back.end(self.token)
        self.back.recover(count_attempt=True)
        self.token, self.hand = None, []

    def finish(self, fates: Sequence[Fate], *, go_on: bool = False, in_tenure: bool = False) -> None:
        """Settle what is in hand and end the turn; with ``go_on`` to begin another at once, where there is one."""
        if self.token is None:
            return
        ends: list[Fate] = [fate if fate != "kept" else "release" for fate in fates]
        outcomes, kept = self._outcomes(ends)
        outcomes += [Settlement(claim, "release") for claim in kept]
        self.back.settle(self.token, self.version, outcomes, want=0)
        following = self.back.end(self.token, go_on=go_on, in_tenure=in_tenure)
        self.token, self.version = following[:2] if following else (None, "")
        self.hand = []

    def serve_all(self) -> None:
        """Go on with the turn in hand until nothing is pending, and end it."""
        assert self.token is not None
        while self.hand or self.token is not None:
            self.settle(["succeeded"] * len(self.hand), want=8, linger=False, more=False)
            if not self.hand:
                self.finish([])

    def _outcomes(self, fates: Sequence[Fate]) -> tuple[list[Settlement], list[Claim]]:
        outcomes: list[Settlement] = []
        kept: list[Claim] = []
        for number, claim in enumerate(self.hand):
            fate = fates[number % len(fates)] if fates else "kept"
            if fate == "kept":
                kept.append(claim)
            else:
                outcomes.append(self.settlement(claim, fate))
        return outcomes, kept

    def settlement(self, claim: Claim, fate: Literal["succeeded", "failed", "retry", "release"]) -> Settlement:
        """An outcome that says who wrote it, under which fence."""
        gpus = self.gpus
        if fate == "succeeded":
            return Settlement(claim, fate, 0.01, output=self.name.encode() + b" " + claim.fence, gpus=gpus)
        return Settlement(claim, fate, 0.02, error_type="model_error", error_message="m", logs="said", gpus=gpus)
