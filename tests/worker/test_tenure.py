"""Whose slice is over: a tenant's time on a worker counts over all its versions."""

from __future__ import annotations

import time

from policies.limits import Limits
from sandbox.contract import Call
from sandbox.fake import Behaviour, FakeSandbox
from sandbox.outcome import Outcome
from tests.worker.test_turns import Shop, shop  # noqa: F401 - a fixture
from worker.tenure import Tenure


def test_a_tenure_outlives_turns_and_ends_with_the_next_tenant() -> None:
    """Only what was served counts, and another tenant's turn begins anew."""
    tenure = Tenure()
    tenure.enter("ten_a")
    tenure.leave()
    first = tenure.seconds
    time.sleep(0.01)
    assert tenure.seconds == first  # between its turns nothing is counted
    tenure.enter("ten_a")
    time.sleep(0.01)
    assert tenure.seconds >= first + 0.01
    tenure.enter("ten_b")
    assert tenure.seconds < 0.01


def test_a_flood_over_many_versions_gives_way_like_one_over_one(shop: Shop) -> None:  # noqa: F811 - the fixture
    """A tenant with many versions has had the worker for long: one job of another is next, not in a slice's time."""
    order: list[str] = []

    def busy(call: object) -> Outcome:
        time.sleep(0.002)
        order.append("loud")
        return Outcome(call.id, "succeeded", output=b"1", wall_seconds=0.002)  # type: ignore[attr-defined]

    versions = [shop.version("loud") for _ in range(8)]
    quiet = shop.version("quiet")
    at: list[int] = []

    def note(call: object) -> Outcome:
        at.append(len(order))
        return Outcome(call.id, "succeeded", output=b"1")  # type: ignore[attr-defined]

    def busy_until_somebody_asks(call: object) -> Outcome:
        if len(order) == 300:
            order.append("asked")
            ids.extend(shop.admit(quiet, 1))
        return busy(call)

    for version in versions:
        shop.driver.behaviours[version.id] = busy_until_somebody_asks
    shop.driver.behaviours[quiet.id] = note
    ids = [job_id for version in versions for job_id in shop.admit(version, 80)]
    shop.work()
    assert shop.states(ids) == {"succeeded"}
    assert at and at[0] - order.index("asked") < 40  # what was claimed, and no slice of 100 ms


def test_a_sandbox_that_was_dear_serves_longer_before_its_tenant_moves_on(shop: Shop) -> None:  # noqa: F811
    """Else a tenant with many versions has sandboxes made all the time, and none of them does much."""
    made = shop.driver.start

    def slowly(limits: Limits | None = None) -> FakeSandbox:
        time.sleep(1.0)
        return made(limits)

    pool = shop.station.pool
    shop.driver.start = slowly  # type: ignore[method-assign]
    pool.take_blank(Limits()).destroy()  # made before, at once
    while pool.start_seconds < 1.0:
        time.sleep(0.01)
    order: list[str] = []

    def busy(name: str) -> Behaviour:
        def behave(call: Call) -> Outcome:
            time.sleep(0.003)
            order.append(name)
            return Outcome(call.id, "succeeded", output=b"1", wall_seconds=0.003)

        return behave

    ids = []
    for name in ("first", "second"):
        version = shop.version("loud")
        shop.driver.behaviours[version.id] = busy(name)
        ids += shop.admit(version, 80)  # more than a slice's worth
    shop.work()
    assert shop.states(ids) == {"succeeded"}
    assert order == ["first"] * 80 + ["second"] * 80
