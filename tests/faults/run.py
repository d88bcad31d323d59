"""``python -m tests.faults.run --rounds 30``: break an engine of its own at random, and print the account."""

from __future__ import annotations

import argparse
import secrets
import sys
from random import Random

from tests.faults.breakage import FAULTS
from tests.faults.matrix import Account, Matrix
from tests.faults.stand import stand


def main() -> int:
    """0 when every promise was kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.run", description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="the same faults in the same order")
    parser.add_argument("--only", choices=sorted(FAULTS), action="append", help="this fault only; may be repeated")
    chosen = parser.parse_args()
    random = Random(chosen.seed)
    names = chosen.only or sorted(FAULTS)
    faults: list[str] = []
    while len(faults) < chosen.rounds:  # each once before any comes twice
        faults += random.sample(names, len(names))
    with stand(random) as made:
        account = Matrix(made).run(faults[: chosen.rounds])
        if account.wrong:
            print(made.engine.logs())
    show(account, seed=chosen.seed)
    return 1 if account.wrong else 0


def show(account: Account, *, seed: int) -> None:
    """The account as a table."""
    print(f"{'FAULT':<22}{'FIRST ANSWER s':>15}{'ALL ENDED s':>13}")
    for entry in account.rounds:
        print(f"{entry.fault:<22}{entry.first_answer_seconds:>15.2f}{entry.all_ended_seconds:>13.2f}")
    print(f"seed {seed}, rounds and faults {len(account.rounds)}, accepted {account.accepted}, ", end="")
    print(f"ended {sum(account.ended.values())}, lost {account.lost}, doubled {account.doubled}, ", end="")
    print(f"run again {account.run_again}, asked again {account.refused} times")
    print("outcomes: " + ", ".join(f"{count} {what}" for what, count in account.ended.most_common()))
    if account.slowest is not None:
        print(f"slowest recovery {account.slowest.first_answer_seconds:.2f} s ({account.slowest.fault})")
    for sentence in account.wrong:
        print(f"WRONG {sentence}")


if __name__ == "__main__":
    sys.exit(main())
