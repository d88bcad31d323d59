"""What the rounds of a matrix add up to, and how it is shown."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

DEAD_WORKER = ("worker_killed", "workers_killed", "worker_paused", "worker_stopped", "all_killed")
TARGET_SECONDS = 5.0
SHOWN = 20  # sentences


@dataclass(frozen=True, slots=True)
class Round:
    """One fault, and seconds from the moment it broke something.

    ``first``: to the first end of a job that was queued or running then. ``held``: until all had ended that the
    broken workers had in their hands, ``held_jobs`` of them. ``all``: until everything accepted before had.
    ``answer``: what a new job took from being asked for, over and over, to its end.
    """

    fault: str
    first: float
    held_jobs: int
    held: float
    all: float
    answer: float


@dataclass
class Account:
    """``wrong`` tells in words what should not be."""

    rounds: list[Round] = field(default_factory=list)
    accepted: int = 0
    refused: int = 0
    lost: int = 0
    doubled: int = 0
    batches: int = 0
    lines: Counter[str] = field(default_factory=Counter)  # of batches, by what became of them
    told: int = 0  # ends that webhooks told
    run_again: int = 0  # jobs that were started more than once
    ended: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def slowest(self, *, dead_worker: bool = False) -> tuple[float, str]:
        """The slowest recovery, of all rounds or of those in which a worker died; and its fault."""
        rounds = [r for r in self.rounds if not dead_worker or r.fault in DEAD_WORKER]
        return max(((max(r.first, r.held), r.fault) for r in rounds), default=(0.0, "no such round"))

    def show(self, *, seed: int) -> None:
        """Print it."""
        print(f"{'SECONDS UNTIL':<22}{'first end':>10}{'held ended':>18}{'all ended':>11}{'new job':>9}")
        for r in self.rounds:
            held = f"{r.held:.2f} ({r.held_jobs} jobs)" if r.held_jobs else "-"
            print(f"{r.fault:<22}{r.first:>10.2f}{held:>18}{r.all:>11.2f}{r.answer:>9.2f}")
        print(f"seed {seed}, rounds and faults {len(self.rounds)}, accepted {self.accepted}, ", end="")
        print(f"ended {sum(self.ended.values())}, lost {self.lost}, doubled {self.doubled}, ", end="")
        print(f"run again {self.run_again}, told by webhook {self.told}, asked again {self.refused} times")
        lines = ", ".join(f"{count} {what}" for what, count in self.lines.most_common())
        print(f"batches {self.batches}, lines: {lines}")
        print("outcomes: " + ", ".join(f"{count} {what}" for what, count in self.ended.most_common()))
        for name, only in (("", False), (" after a dead worker", True)):
            seconds, fault = self.slowest(dead_worker=only)
            print(f"slowest recovery{name}: {seconds:.2f} s ({fault}); the aim is {TARGET_SECONDS:g} s")
        for sentence in self.wrong[:SHOWN]:
            print(f"WRONG {sentence}")
        if len(self.wrong) > SHOWN:
            print(f"... and {len(self.wrong) - SHOWN} more")
