"""What every driver promises, on the real one and on the shipped fake."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable

import pytest

from sandbox.contract import Bound, Bundle, Driver, LoadFailure, Sandbox
from sandbox.docker_driver import DockerDriver
from sandbox.fake import FakeDriver, echo, ends, hangs
from tests.sandbox.real import Models, ask, call

SOURCE = """
import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        if x == "raise":
            raise ValueError("no")
        while x == "hang":
            pass
        return x
"""
BROKEN = "raise RuntimeError('not today')"

Start = Callable[[], Sandbox]


@pytest.fixture(params=["docker", "fake"])
def any_driver(request: pytest.FixtureRequest) -> Driver:
    """Both drivers, one after the other."""
    if request.param == "docker":
        real: DockerDriver = request.getfixturevalue("driver")
        return real
    fake = FakeDriver()
    fake.behaviours["ver_1"] = lambda one: {b'"hang"': hangs, b'"raise"': ends("model_error")}.get(one.payload, echo)(
        one
    )
    fake.load_failures["ver_2"] = LoadFailure("load_error", "RuntimeError: not today")
    return fake


@pytest.fixture
def good(models: Models) -> Bundle:
    """A version that echoes, raises or hangs."""
    return models.version(SOURCE)


@pytest.fixture
def bound(any_driver: Driver, good: Bundle) -> Sandbox:
    """A sandbox bound to it."""
    sandbox = any_driver.start()
    assert isinstance(sandbox.bind(good), Bound)
    return sandbox


def test_calls_are_answered_in_order(bound: Sandbox) -> None:
    """Every call's outcome carries its id and comes in the order of the calls."""
    calls = [call(number) for number in range(50)]
    outcomes = list(bound.run(calls))
    assert [outcome.call_id for outcome in outcomes] == [one.id for one in calls]
    assert [json.loads(outcome.output) for outcome in outcomes] == list(range(50))
    bound.destroy()


def test_a_survivable_ending_leaves_the_sandbox_standing(bound: Sandbox) -> None:
    """A model that raises is asked again."""
    assert [outcome.kind for outcome in bound.run([call("raise"), call(1)])] == ["model_error", "succeeded"]
    assert bound.alive
    bound.destroy()


def test_after_a_time_out_the_rest_is_not_answered(bound: Sandbox) -> None:
    """The iterator ends with the call that hung; the sandbox is gone; running again answers nothing."""
    calls = [call(1), call("hang", timeout_seconds=0.3), call(2)]
    assert [outcome.kind for outcome in bound.run(calls)] == ["succeeded", "timed_out"]
    assert not bound.alive
    assert list(bound.run([call(3)])) == []


def test_cancel_ends_the_call_in_progress(bound: Sandbox) -> None:
    """From another thread: the call ends as canceled long before its time-out."""
    timer = threading.Timer(0.2, bound.cancel)
    timer.start()
    outcomes = list(bound.run([call("hang", timeout_seconds=60), call(1)]))
    assert [outcome.kind for outcome in outcomes] == ["canceled"]
    assert not bound.alive
    timer.join()


def test_cancel_of_an_idle_sandbox_destroys_it(bound: Sandbox) -> None:
    """Nothing runs, nothing is answered; the sandbox is gone."""
    bound.cancel()
    assert not bound.alive
    assert list(bound.run([call(1)])) == []


def test_a_version_that_does_not_load_destroys_its_sandbox(any_driver: Driver, models: Models) -> None:
    """The failure says why, in the tenant's own words."""
    models.version(SOURCE)
    sandbox = any_driver.start()
    failure = sandbox.bind(models.version(BROKEN))
    assert isinstance(failure, LoadFailure)
    assert failure.kind == "load_error"
    assert "not today" in failure.message
    assert not sandbox.alive


def test_destroy_is_safe_to_call_twice(any_driver: Driver) -> None:
    """A second time changes nothing."""
    sandbox = any_driver.start()
    assert sandbox.alive
    sandbox.destroy()
    sandbox.destroy()
    assert not sandbox.alive


def test_an_abandoned_iterator_destroys_the_sandbox(bound: Sandbox) -> None:
    """Answers that nobody waits for must never be taken for those of later calls."""
    outcomes = bound.run([call(1), call(2)])
    next(outcomes)
    outcomes.close()  # type: ignore[attr-defined]  # every driver's run() is a generator
    assert not bound.alive


def test_answers_are_awaited_one_by_one(bound: Sandbox) -> None:
    """An outcome is handed over as soon as it is known, not when all are."""
    outcomes = bound.run([call(1), call("hang", timeout_seconds=0.5)])
    started = time.monotonic()
    assert next(outcomes).kind == "succeeded"
    known = time.monotonic() - started
    assert next(outcomes).kind == "timed_out"
    assert known < time.monotonic() - started
    assert ask(bound) if bound.alive else True
