"""A few rounds of the crash matrix; `make test-faults` runs many more."""

from __future__ import annotations

from random import Random

from tests.faults.matrix import Matrix
from tests.faults.stand import stand

SEED = 5
FAULTS = ("worker_killed", "connections_cut", "redis_killed", "sandboxes_killed", "api_killed", "worker_stopped")


def test_every_accepted_job_ends_once_whatever_breaks() -> None:
    """Under load each part is killed in turn: nothing accepted is lost or ends twice, and counters stay exact."""
    with stand(Random(SEED), FAULTS) as made:
        account = Matrix(made).run(FAULTS)
    account.show(seed=SEED)
    assert account.wrong == []
    assert (account.lost, account.doubled) == (0, 0)
    assert account.accepted == sum(account.ended.values()) > 0
