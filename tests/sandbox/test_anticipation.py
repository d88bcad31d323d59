"""Waiting awake for an answer that is due: never for long, never for what nobody can foretell."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox import anticipation, channel
from sandbox.anticipation import Anticipation
from sandbox.channel import Channel
from sandbox.messages import Answer, Closed
from sandbox.runner import frames

ANSWER = frames.encode({"op": "answer", "id": "a", "kind": "succeeded"})


def learnt(*seconds: float) -> Anticipation:
    """After calls of so long."""
    it = Anticipation()
    for each in seconds:
        it.learn(each)
    return it


def test_the_window_lies_around_the_shorter_of_the_last_two() -> None:
    """Opened early enough for a late timer, closed soon after: less than a third of the call is spent looking."""
    opens, closes = learnt(0.9, 0.007, 0.005).window() or (0.0, 0.0)
    assert opens < 0.005 < closes
    assert closes - opens < 0.005 / 3


@pytest.mark.parametrize("seconds", [(), (0.005,), (0.005, 0.0002), (0.005, 0.00002), (0.5, 0.5), (0.03, 0.021)])
def test_what_is_very_short_very_long_or_unknown_is_slept_through(seconds: tuple[float, ...]) -> None:
    """Two calls must have taken between one and twenty milliseconds."""
    assert learnt(*seconds).window() is None


def test_who_can_not_foretell_looks_ever_less_often() -> None:
    """After n misses in a row 2 to the n less one calls are slept through, sixty-four at most; one hit forgives all."""
    it = learnt(0.005, 0.005)
    skipped = []
    for _ in range(9):
        calls = 0
        while it.window() is None:
            calls += 1
        skipped.append(calls)
        it.met(awake=False)
    assert skipped == [0, 1, 3, 7, 15, 31, 63, 64, 64]
    for _ in range(64):
        assert it.window() is None
    assert it.window() is not None
    it.met(awake=True)
    assert it.window() is not None


def test_misses_are_not_counted_for_ever() -> None:
    """An answer that comes a byte at a time is missed a million times, and looking stays as cheap as ever."""
    it = learnt(0.005, 0.005)
    for _ in range(100_000):
        it.met(awake=False)
    assert it._misses <= 64
    for _ in range(64):
        assert it.window() is None
    assert it.window() is not None


@given(st.lists(st.floats(0.0, 0.1), min_size=3, max_size=200))
def test_no_times_make_the_host_look_for_long(seconds: list[float]) -> None:
    """Whatever a model chooses, the time spent looking is less than 3 ms a call."""
    it = Anticipation()
    for each in seconds:
        opens, closes = it.window() or (0.0, 0.0)
        assert closes - opens < 0.003
        it.met(awake=opens <= each <= closes)
        it.learn(each)


@pytest.mark.parametrize(("text", "spare"), [("0 0 0 1/99 7\n", True), ("9 9 9 4097/9999 7\n", False), ("", False)])
def test_a_processor_is_to_spare_when_nobody_waits_for_one(
    text: str, spare: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel's own count of threads that run or want to; where there is none, nobody waits awake."""
    (tmp_path / "loadavg").write_text(text)
    monkeypatch.setattr(anticipation, "_RUNNING", str(tmp_path / "loadavg"))
    assert anticipation.processor_to_spare() is spare
    monkeypatch.setattr(anticipation, "_RUNNING", str(tmp_path / "nothing"))
    assert not anticipation.processor_to_spare()


def test_this_machine_counts_its_threads() -> None:
    """The file is what the code takes it for: this very thread runs."""
    with open("/proc/loadavg", "rb") as file:
        running = int(file.read().split()[3].split(b"/")[0])
    assert running >= 1


@pytest.fixture
def anticipating(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Channel, socket.socket]]:
    """A channel that expects its next answer in a window that opens at once and stays open for long."""
    monkeypatch.setattr(Anticipation, "window", lambda _self: (0.0, 30.0))
    monkeypatch.setattr(channel, "processor_to_spare", lambda: True)
    ours, theirs = socket.socketpair()
    it = Channel(ours)
    yield it, theirs
    it.close()
    theirs.close()


def later(act: Callable[[], object]) -> threading.Thread:
    """Do it while the other side waits."""
    thread = threading.Timer(0.05, act)
    thread.start()
    return thread


def receive(it: Channel) -> object:
    """One frame, within a minute."""
    return it.receive(deadline=time.monotonic() + 60, body_max_bytes=10)


def test_an_answer_in_the_window_is_met_awake(
    anticipating: tuple[Channel, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a half of one is no answer: the rest is waited for."""
    it, theirs = anticipating
    met: list[bool] = []
    monkeypatch.setattr(Anticipation, "met", lambda _self, *, awake: met.append(awake))
    thread = later(lambda: theirs.sendall(ANSWER[:9]))
    second = threading.Timer(0.1, lambda: theirs.sendall(ANSWER[9:]))
    second.start()
    assert receive(it) == (Answer(id="a", kind="succeeded"), b"")
    assert met == [True, True]
    thread.join()
    second.join()


def test_who_is_woken_in_the_window_leaves_at_once(anticipating: tuple[Channel, socket.socket]) -> None:
    """A cancellation does not wait for the window's end."""
    it, _theirs = anticipating
    begun = time.monotonic()
    thread = later(it.wake)
    assert receive(it) is None
    assert time.monotonic() - begun < 30.0
    thread.join()


def test_a_hang_up_in_the_window_is_heard(anticipating: tuple[Channel, socket.socket]) -> None:
    """A sandbox that dies while its answer is due."""
    it, theirs = anticipating
    thread = later(theirs.close)
    with pytest.raises(Closed):
        receive(it)
    thread.join()


def test_nobody_looks_while_threads_wait_for_a_processor(
    anticipating: tuple[Channel, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer comes all the same, and nothing is concluded from it."""
    it, theirs = anticipating
    monkeypatch.setattr(channel, "processor_to_spare", lambda: False)
    monkeypatch.setattr(Anticipation, "met", lambda *_a, **_k: pytest.fail("it looked"))
    thread = later(lambda: theirs.sendall(ANSWER))
    assert receive(it) == (Answer(id="a", kind="succeeded"), b"")
    thread.join()


def test_a_late_answer_is_slept_for(
    anticipating: tuple[Channel, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the window closes without one it is a miss, and the answer is still taken when it comes."""
    it, theirs = anticipating
    windows = iter([(0.0, 0.001)])
    monkeypatch.setattr(Anticipation, "window", lambda _self: next(windows, None))
    met: list[bool] = []
    monkeypatch.setattr(Anticipation, "met", lambda _self, *, awake: met.append(awake))
    thread = later(lambda: theirs.sendall(ANSWER))
    assert receive(it) == (Answer(id="a", kind="succeeded"), b"")
    assert met == [False]
    thread.join()
