"""``python -m tests.faults.run --rounds 30``: break an engine of its own at random, and print the account."""

from __future__ import annotations

import argparse
import secrets
import sys
from random import Random

from tests.faults.breakage import FAULTS
from tests.faults.matrix import Matrix
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
    with stand(random, names) as made:
        try:
            account = Matrix(made).run(faults[: chosen.rounds])
        except BaseException:
            print(made.engine.logs())
            raise
        if account.wrong:
            print(made.engine.logs())
    account.show(seed=chosen.seed)
    return 1 if account.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
