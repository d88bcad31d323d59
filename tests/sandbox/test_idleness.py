"""What computes while nobody uses it: who is destroyed for it, and who isn't."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
import structlog.testing

from sandbox import idleness
from sandbox.contract import Bundle
from sandbox.docker_driver import DockerDriver
from sandbox.fake import FakeDriver, FakeSandbox
from sandbox.idleness import AFTER_SECONDS, ALLOWANCE_SECONDS, EVERY_SECONDS, SHARE, Idleness
from sandbox.outcome import Outcome
from sandbox.pool import Pool
from tests.sandbox.pools import bundle, eventually, fake, make, used
from tests.sandbox.real import Models, ask, call

__all__ = ["fake", "make"]

BUSY = """
import threading
import torch

def spin():
    while True:
        pass

class Model(torch.nn.Module):
    def predict_single(self, x):
        if x:
            threading.Thread(target=spin, daemon=True).start()
        return x
"""

HARD = """
import torch

class Model(torch.nn.Module):
    def predict_single(self, x):
        big = torch.ones(30_000_000)
        square = torch.randn(200, 200)
        for _ in range(x):
            square = (square @ square).tanh()
        kept = [[number] for number in range(50_000)]
        return [len(kept), float(big.sum())]
"""


class Looks:
    """A bound sandbox and who looks after it, one look after the other."""

    def __init__(self) -> None:
        self.bundle: Bundle = bundle(1)
        self._driver = FakeDriver()
        self.sandbox: FakeSandbox = self._driver.start()
        self.sandbox.bind(self.bundle)
        self._idleness = Idleness(lambda: [(self.bundle, self.sandbox)])
        self._now = 100.0

    def calls(self, seconds: float) -> None:
        """One call that takes so long."""
        answer = Outcome("", "succeeded", output=b"1", wall_seconds=seconds)
        self._driver.behaviours["ver_1"] = lambda one: replace(answer, call_id=one.id)
        assert [outcome.kind for outcome in self.sandbox.run([call(1)])] == ["succeeded"]

    def after(self, *, cpu_seconds: float | None, seconds: float = EVERY_SECONDS) -> bool:
        """Look again so many seconds later, when it has used so much in all; whether it still lives."""
        self._now += seconds
        self.sandbox.cpu_seconds = cpu_seconds
        self._idleness.look(self._now)
        return self.sandbox.alive


@pytest.fixture
def looks() -> Looks:
    """Looks at one sandbox."""
    return Looks()


def test_what_computes_while_idle_is_destroyed_and_told(looks: Looks) -> None:
    """One line, with the version, the tenant and the seconds, and nothing else."""
    looks.after(cpu_seconds=7.0)
    with structlog.testing.capture_logs() as lines:
        assert not looks.after(cpu_seconds=9.0)
    assert lines == [
        {
            "event": "computed_while_idle", "log_level": "warning",
            "version_id": "ver_1", "tenant_id": "ten_1", "cpu_seconds": 1.8,
        }
    ]  # fmt: skip


def test_what_it_used_before_the_first_look_is_not_held_against_it(looks: Looks) -> None:
    """Its calls are paid for; only what comes while it is idle counts."""
    assert looks.after(cpu_seconds=3600.0)
    assert looks.after(cpu_seconds=3600.001)


def test_a_burst_is_forgiven_once_it_is_made_up_for(looks: Looks) -> None:
    """A collection of garbage now and then is none of our business; one after the other is."""
    looks.after(cpu_seconds=0.0)
    assert looks.after(cpu_seconds=0.6)
    assert looks.after(cpu_seconds=0.6, seconds=10)
    assert looks.after(cpu_seconds=1.2)
    assert not looks.after(cpu_seconds=1.8)


def test_under_the_share_it_may_go_on_for_ever(looks: Looks) -> None:
    """What is just under it is what an idle sandbox may cost: it is said, and it is bounded."""
    looks.after(cpu_seconds=0.0)
    for number in range(1, 500):
        assert looks.after(cpu_seconds=number * EVERY_SECONDS * SHARE * 0.99)


@pytest.mark.parametrize("share", [SHARE + 0.05, 0.5, 1.0, 16.0])
def test_above_the_share_it_ends_when_the_allowance_is_used_up(looks: Looks, share: float) -> None:
    """However little above it: after the allowance, at the next look."""
    looks.after(cpu_seconds=0.0)
    cpu_seconds, number = 0.0, 0
    while looks.after(cpu_seconds=cpu_seconds):
        number += 1
        cpu_seconds = number * EVERY_SECONDS * share
    assert cpu_seconds - number * EVERY_SECONDS * SHARE <= ALLOWANCE_SECONDS + EVERY_SECONDS * share


def test_what_calls_may_use_is_never_taken_for_idleness(looks: Looks) -> None:
    """Their whole time on all their processors, however short they are, and what is cleared up after each."""
    cpus = looks.bundle.limits.cpus
    used = 0.0
    assert looks.after(cpu_seconds=used)
    for seconds in (0.001, 0.1, 1.5) * 5:
        looks.calls(seconds)
        used += cpus * (seconds + AFTER_SECONDS)
        assert looks.after(cpu_seconds=used)


def test_calls_in_between_hide_nothing(looks: Looks) -> None:
    """A tiny call every other second pays for itself, not for the thread that computes beside it all the time."""
    looks.after(cpu_seconds=0.0)
    for number in range(1, 100):
        looks.calls(0.001)
        if not looks.after(cpu_seconds=number * EVERY_SECONDS):
            return
    pytest.fail("it was kept")


def test_what_cannot_be_read_is_kept(looks: Looks) -> None:
    """Not known is no reason; a look that finds nothing out doesn't begin anew either."""
    assert looks.after(cpu_seconds=None)
    assert looks.after(cpu_seconds=0.0)
    assert looks.after(cpu_seconds=None)
    assert not looks.after(cpu_seconds=3.0)


def test_looks_are_not_too_many(looks: Looks) -> None:
    """The pool's thread wakes whenever something happens; it reads only now and then."""
    looks.after(cpu_seconds=0.0)
    assert looks.after(cpu_seconds=50.0, seconds=EVERY_SECONDS / 2)
    assert not looks.after(cpu_seconds=50.0, seconds=EVERY_SECONDS / 2)


def test_a_call_that_comes_at_that_moment_is_not_disturbed(looks: Looks, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the reading and the end of it somebody used it: it stays, and nothing is told."""
    looks.after(cpu_seconds=0.0)
    spent = looks.sandbox.spent

    def used_meanwhile() -> object:
        seen = spent()
        list(looks.sandbox.run([call(1)]))
        return seen

    monkeypatch.setattr(looks.sandbox, "spent", used_meanwhile)
    with structlog.testing.capture_logs() as lines:
        assert looks.after(cpu_seconds=50.0)
    assert lines == []
    monkeypatch.setattr(looks.sandbox, "spent", spent)
    assert not looks.after(cpu_seconds=50.0)  # put off, not forgotten


def test_a_pool_looks_by_itself(make: Callable[..., Pool], fake: FakeDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that waits for its version's next turn and computes is gone, one that just waits is kept."""
    monkeypatch.setattr(idleness, "EVERY_SECONDS", 0.01)
    monkeypatch.setattr("sandbox.pool._LOOK_SECONDS", 0.01)
    pool = make()
    quiet, busy = used(pool, 1), used(pool, 2)
    stop = threading.Event()

    def compute() -> None:
        while not stop.wait(0.001):
            busy.cpu_seconds = (busy.cpu_seconds or 0.0) + 0.1

    thread = threading.Thread(target=compute)
    thread.start()
    eventually(lambda: not busy.alive and pool.bound_idle == 1)
    stop.set()
    thread.join()
    assert quiet.alive
    with pool.lease(bundle(2)) as lease:
        assert not lease.warm
        assert lease.sandbox.alive


def test_one_that_lingers_is_looked_at_as_well(
    make: Callable[..., Pool], fake: FakeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lease that goes on between two jobs is no hiding place; the calls that come then are for another sandbox."""
    monkeypatch.setattr(idleness, "EVERY_SECONDS", 0.01)
    monkeypatch.setattr("sandbox.pool._LOOK_SECONDS", 0.01)
    pool = make()
    with pool.lease(bundle(1)) as lease:
        busy = lease.sandbox
        assert isinstance(busy, FakeSandbox)

        def computed() -> bool:
            busy.cpu_seconds = (busy.cpu_seconds or 0.0) + 1.0
            return not busy.alive

        eventually(computed)
        assert list(busy.run([call(1)])) == []
    assert pool.bound_idle == 0


def test_on_docker_a_reading_is_of_idleness_alone(driver: DockerDriver, models: Models) -> None:
    """Each use counts, the time only grows, and one that is gone tells nothing."""
    sandbox = driver.start()
    blank = sandbox.spent()
    sandbox.bind(models.version(BUSY))
    bound = sandbox.spent()
    ask(sandbox, 0)
    called = sandbox.spent()
    assert blank is not None
    assert bound is not None
    assert called is not None
    assert blank.uses < bound.uses < called.uses
    assert 0 < blank.cpu_seconds <= bound.cpu_seconds <= called.cpu_seconds
    assert not sandbox.discard(uses=bound.uses)
    assert sandbox.alive
    assert sandbox.discard(uses=called.uses)
    assert not sandbox.alive
    assert sandbox.spent() is None
    assert not sandbox.discard(uses=called.uses)
    assert list(sandbox.run([call(1)])) == []


def test_on_docker_one_at_work_is_neither_read_nor_destroyed(driver: DockerDriver, models: Models) -> None:
    """A call, and the time between two calls of a batch, are no idleness."""
    sandbox = driver.start()
    sandbox.bind(models.version(BUSY))
    outcomes = sandbox.run([call(0), call(0)])
    next(outcomes)
    assert sandbox.spent() is None
    assert not any(sandbox.discard(uses=uses) for uses in range(10))
    assert [outcome.kind for outcome in outcomes] == ["succeeded"]
    assert sandbox.spent() is not None
    sandbox.destroy()


def test_on_docker_a_thread_left_behind_shows(driver: DockerDriver, models: Models) -> None:
    """What a model leaves running counts on; one without any stands nearly still."""
    quiet, busy = driver.start(), driver.start()
    for sandbox, value in ((quiet, 0), (busy, 1)):
        sandbox.bind(models.version(BUSY))
        ask(sandbox, value)
    before = [sandbox.spent() for sandbox in (quiet, busy)]

    def grown(number: int) -> float:
        spent, first = (quiet, busy)[number].spent(), before[number]
        assert spent is not None
        assert first is not None
        assert spent.uses == first.uses
        return spent.cpu_seconds - first.cpu_seconds

    eventually(lambda: grown(1) > 1.0)
    assert grown(0) < ALLOWANCE_SECONDS
    quiet.destroy()
    busy.destroy()


def test_on_docker_hard_work_is_not_taken_for_idleness(
    pool: Pool, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large tensors, many threads, garbage; calls one after the other and with pauses, and looks at any moment."""
    monkeypatch.setattr(idleness, "EVERY_SECONDS", 0.05)
    monkeypatch.setattr("sandbox.pool._LOOK_SECONDS", 0.05)
    version = models.version(HARD)
    with pool.lease(version) as lease:
        for number in range(40):
            assert ask(lease.sandbox, number).kind == "succeeded"
            time.sleep(0.1 * (number % 3))
        name = lease.sandbox.name
    with pool.lease(version) as lease:
        assert lease.warm
        assert lease.sandbox.name == name
    pool.evict(version.version_id)
