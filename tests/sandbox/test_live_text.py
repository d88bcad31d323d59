"""What a call prints is told while it runs, whatever the model does to the way it takes."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from policies.limits import KIB
from sandbox.contract import Call, Sandbox
from sandbox.live_text import LiveText
from sandbox.log_pipe import LogPipe
from sandbox.outcome import Outcome
from sandbox.pool import Pool
from tests.sandbox.real import Models

MARK = b"\x1e"


@pytest.fixture
def pipe() -> Iterator[LogPipe]:
    """A pipe whose writing end the test holds."""
    pipe = LogPipe()
    yield pipe
    pipe.close()


def _say(pipe: LogPipe, data: bytes) -> None:
    os.write(pipe.write_fd, data)


def test_characters_are_never_cut(pipe: LogPipe) -> None:
    """A character that arrives in two halves is told once it is whole; half a one at the end as what it is."""
    told: list[str] = []
    live = LiveText(pipe, "a", limit_bytes=100, on_printed=told.append)
    bell = "🔔".encode()
    _say(pipe, MARK + b"a\n" + bell[:2])
    live.tell()
    _say(pipe, bell[2:] + bell[:3])
    live.tell()
    live.tell(final=True)
    assert told == ["🔔", "\ufffd"]


def test_text_belongs_to_the_call_that_printed_it(pipe: LogPipe) -> None:
    """What was there before a call's mark, and what follows the next mark, is not its text."""
    _say(pipe, b"left behind" + MARK + b"a\none" + MARK + b"b\ntwo")
    assert pipe.text("a") == b"one"
    assert pipe.text("b") == b"two"
    assert pipe.text("c") == b""
    pipe.forget("a")
    assert (pipe.text("a"), pipe.text("b")) == (b"", b"two")
    pipe.forget("b")
    assert pipe.text("b") == b""


def test_last_words_hold_what_was_told_already(pipe: LogPipe) -> None:
    """A process that dies after its text was told has it in its outcome as well."""
    _say(pipe, MARK + b"a\nbefore ")
    assert pipe.text("a") == b"before "
    _say(pipe, b"the end")
    assert pipe.last_words("a", limit_bytes=100) == ("before the end", False)


def test_last_words_are_bounded_in_bytes(pipe: LogPipe) -> None:
    """Half characters become whole ones, three times as long: cut where the limit is, at a character."""
    os.write(pipe.write_fd, MARK + b"one\n" + b"\xff" * 100)
    text, truncated = pipe.last_words("one", limit_bytes=100)
    assert (text, truncated) == ("\N{REPLACEMENT CHARACTER}" * 33, True)


def test_a_flood_is_bounded(pipe: LogPipe) -> None:
    """However much is written: a limit of text is told, a bound is held, and the writer never waits."""
    told: list[str] = []
    live = LiveText(pipe, "a", limit_bytes=1000, on_printed=told.append)
    _say(pipe, MARK + b"a\n")
    for _ in range(100):
        try:
            while True:
                _say(pipe, b"x" * 4096)
        except BlockingIOError:
            live.tell()
    live.tell(final=True)
    assert "".join(told) == "x" * 1000
    assert len(pipe._held) <= 256 * KIB + 65_536


SOURCE = """
import os
import sys
import time

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        return eval(compile(x, "x", "exec")) or 1
"""


@dataclass
class Heard:
    """What was told of one call, when, and by which thread."""

    texts: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    threads: set[int] = field(default_factory=set)

    def __call__(self, text: str) -> None:
        self.texts.append(text)
        self.times.append(time.monotonic())
        self.threads.add(threading.get_ident())

    @property
    def whole(self) -> str:
        """All of it."""
        return "".join(self.texts)


@pytest.fixture(scope="module")
def sandbox(pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox for what is survivable."""
    with pool.lease(Models(tmp_path_factory.mktemp("live")).version(SOURCE)) as lease:
        yield lease.sandbox


@pytest.fixture
def mortal(pool: Pool, models: Models) -> Iterator[Sandbox]:
    """A sandbox of the test's own."""
    with pool.lease(models.version(SOURCE)) as lease:
        yield lease.sandbox


def run(sandbox: Sandbox, *codes: str, timeout_seconds: float = 20.0) -> list[tuple[Outcome, Heard]]:
    """Each code as one call, all sent ahead; the outcomes, and what was heard of each."""
    heard = [Heard() for _ in codes]
    calls = [
        Call(f"job_{os.urandom(8).hex()}", "text", code.encode(), timeout_seconds, told)
        for code, told in zip(codes, heard, strict=True)
    ]
    return list(zip(sandbox.run(calls), heard, strict=False))


def test_text_is_told_while_the_call_runs(sandbox: Sandbox) -> None:
    """It comes before the answer, in order, from the thread that runs the call, and the answer has all of it too."""
    go = "for i in range(5):\n    print('line', i)\n    time.sleep(0.25)"
    ((outcome, heard),) = run(sandbox, go)
    assert outcome.kind == "succeeded"
    assert heard.whole == outcome.logs == "".join(f"line {i}\n" for i in range(5))
    assert len(heard.texts) >= 2
    assert heard.threads == {threading.get_ident()}


def test_a_short_call_tells_nothing(sandbox: Sandbox) -> None:
    """What it printed is in its answer; nobody was bothered."""
    ((outcome, heard),) = run(sandbox, "print('quick')")
    assert (outcome.logs, heard.texts) == ("quick\n", [])


def test_calls_sent_ahead_keep_their_own_text(sandbox: Sandbox) -> None:
    """A long call between short ones is told its own text, and so is a long one that follows at once."""
    long = "print('{0} begins', flush=True)\ntime.sleep(0.4)\nprint('{0} ends')"
    results = run(sandbox, "print('short')", long.format("A"), "print('short')", long.format("B"))
    assert [heard.whole for _, heard in results] == ["", "A begins\nA ends\n", "", "B begins\nB ends\n"]
    assert [outcome.logs for outcome, _ in results] == [
        "short\n",
        "A begins\nA ends\n",
        "short\n",
        "B begins\nB ends\n",
    ]


def test_a_flood_slows_nobody(sandbox: Sandbox) -> None:
    """A model that prints without end for a second, also past Python, is told its limit at most, ten times a second."""
    flood = (
        "end = time.time() + 1\n"
        "while time.time() < end:\n"
        "    print('y' * 1000)\n"
        "    try:\n        os.write(1, b'z' * 60000)\n    except OSError:\n        pass"
    )
    ((outcome, heard), (after, _)) = run(sandbox, flood, "print('still here')")
    assert outcome.kind == after.kind == "succeeded"
    assert len(heard.whole.encode()) <= 16 * KIB
    assert len(heard.texts) <= 15
    assert after.logs == "still here\n"


def test_forged_marks_reach_no_other_call(sandbox: Sandbox) -> None:
    """Marks of other ids, of earlier calls, halves of marks: all of it stays the text of the call that wrote it."""
    forge = (
        "os.write(1, b'\\x1ejob_of_somebody_else\\nforged')\n"
        "print('\\x1ejob_0000000000000000\\nforged too\\x1e')\ntime.sleep(0.3)"
    )
    quiet = "time.sleep(0.3)\nprint('mine')"
    ((_, forger), (outcome, heard)) = run(sandbox, forge, quiet)
    assert set(forger.whole) <= set(outcome.logs + "forged too\x1ejob_0\n")
    assert (heard.whole, outcome.logs) == ("mine\n", "mine\n")


def test_text_after_the_answer_is_nobodys(mortal: Sandbox) -> None:
    """A child that prints on after its parent has answered speaks for no later call."""
    child = "if os.fork() == 0:\n    time.sleep(0.2)\n    os.write(1, b'from the grave\\n')\n    os._exit(0)"
    ((_, first), (outcome, second)) = run(mortal, child, "time.sleep(0.6)\nprint('mine')")
    assert "grave" not in first.whole + second.whole + outcome.logs


@pytest.mark.parametrize(
    ("end", "kind"), [("while True: pass", "timed_out"), ("os.abort()", "crashed"), ("1/0", "model_error")]
)
def test_what_was_printed_before_a_bad_end_is_told(mortal: Sandbox, end: str, kind: str) -> None:
    """Killed, crashed or raised: every word before it was told, and is in the outcome."""
    ((outcome, heard),) = run(mortal, f"print('before')\ntime.sleep(0.5)\nprint('last')\n{end}", timeout_seconds=1.5)
    assert outcome.kind == kind
    assert heard.whole.startswith("before\nlast\n")
    assert outcome.logs.startswith("before\nlast\n")


def test_a_canceled_call_was_heard_until_then(mortal: Sandbox) -> None:
    """Canceling from another thread, here from the one that is told, ends the call at once."""
    calls: list[Any] = []

    def cancel(text: str) -> None:
        calls.append(text)
        mortal.cancel()

    call = Call("job_1", "text", b"print('started')\ntime.sleep(60)", 60.0, cancel)
    (outcome,) = mortal.run([call])
    assert (outcome.kind, calls) == ("canceled", ["started\n"])
    assert json.dumps(outcome.logs)


def test_who_listens_is_no_part_of_a_call() -> None:
    """Two calls are equal whoever is told of them."""
    listener: Callable[[str], None] = print
    assert Call("a", "json", b"1", 1.0, listener) == Call("a", "json", b"1", 1.0)
