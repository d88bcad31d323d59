"""The check in a child process ends with a verdict, whatever it is given."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from policies.check import check
from policies.checker import CHECKER
from policies.isolated import check_isolated

GOOD = b"""import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, width=3):
        super().__init__()
        self.layer = nn.Linear(4, width)

    def predict_single(self, x):
        return self.layer(torch.tensor(x)).tolist()
"""

HOSTILE = {
    "nothing": (b"", "CL004"),
    "blanks": (b" \n\t\r\n", "CL004"),
    "nul": (GOOD + b"\0", "CL003"),
    "utf-16": (GOOD.decode().encode("utf-16"), "CL002"),
    "latin-1": (b"# \xe9\n" + GOOD, "CL002"),
    "utf-7 cookie": (b"# coding: utf-7\n" + GOOD, "CL002"),
    "utf-7 cookie on line 2": (b"\n# vim: set fileencoding=utf-7 :\n" + GOOD, "CL002"),
    "unknown cookie": (b"# coding: no-such-thing\n" + GOOD, "CL002"),
    "reordering": ("# \u202e\n".encode() + GOOD, "CL003"),
    "two megabytes in one line": (b"x = '" + b"a" * 2_000_000 + b"'", "CL001"),
    "10,000 parentheses": (b"x = " + b"(" * 10_000 + b")" * 10_000, "CL005"),
    "10,000 open parentheses": (b"x = " + b"(" * 10_000, "CL005"),
    "5,000 terms": (b"x = " + b" + ".join([b"1"] * 5_000), "CL005"),
    "50,000 terms": (b"x = " + b"+".join([b"1"] * 50_000), "CL005"),
    "10,000 minus signs": (b"x = " + b"-" * 10_000 + b"1", "CL005"),
    "20,000 attributes": (b"x = y" + b".a" * 20_000, "CL005"),
    "120 nested functions": (b"".join(b" " * n + b"def f():\n" for n in range(120)) + b" " * 120 + b"pass", "CL005"),
    "5,000 lambdas": (b"x = " + b"lambda: " * 5_000 + b"1", "CL005"),
    "nested f-strings": (b"x = " + b"f'{" * 3 + b"1" + b"}'" * 3, "CL005"),
    "number of 100,000 digits": (b"x = " + b"9" * 100_000, "CL005"),
    "return outside a function": (b"return 1\n", "CL005"),
    "print statement": (b"print 'x'\n", "CL005"),
    "syntax of a later Python": (b"type X = int\n", "CL005"),
}


def test_an_ordinary_model_is_accepted():
    """An accepted verdict names the class and says which rules and grammar were applied."""
    verdict = check_isolated(GOOD)
    assert verdict.accepted, verdict
    assert verdict.class_name == "Net"
    assert verdict.policy_version
    assert verdict.python_version == "3.11"


@pytest.mark.parametrize("source", [b"\xef\xbb\xbf" + GOOD, GOOD.replace(b"\n", b"\r\n"), b"# coding: utf-8\n" + GOOD])
def test_bom_crlf_and_a_utf8_cookie_are_fine(source):
    """What editors put into files is no reason for refusal."""
    assert check_isolated(source).accepted


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_refused_and_never_raises(name):
    """Every hostile file ends as a refusal with its own code, in the child and in this process alike."""
    source, code = HOSTILE[name]
    verdict = check_isolated(source)
    assert code in {violation.code for violation in verdict.violations}, verdict
    assert check(source) == verdict


def test_a_check_that_does_not_end_in_time_is_a_refusal():
    """A time limit no check can hold gives CL009, not an exception."""
    (violation,) = check_isolated(GOOD, timeout_seconds=0.001).violations
    assert violation.code == "CL009"


def test_it_works_from_threads_of_an_event_loop():
    """Many checks at once, from threads of a running loop, all give the same verdict."""

    async def many():
        return await asyncio.gather(*(asyncio.to_thread(check_isolated, GOOD) for _ in range(6)))

    assert {verdict.accepted for verdict in asyncio.run(many())} == {True}
    with ThreadPoolExecutor(2) as pool:
        assert all(verdict.accepted for verdict in pool.map(check_isolated, [GOOD] * 4))


def test_the_environment_does_not_reach_the_check(monkeypatch, tmp_path):
    """PYTHON variables and the current folder can't put code into the checking process."""
    (tmp_path / "json.py").write_text("raise SystemExit(3)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "json.py"))
    monkeypatch.chdir(tmp_path)
    assert check_isolated(GOOD).accepted


def test_the_waiting_process_is_started_again_when_it_was_killed():
    """A killed checking process costs nobody a verdict."""
    assert check_isolated(GOOD).accepted
    process = CHECKER._process
    assert process is not None
    process.kill()
    process.wait()
    assert check_isolated(GOOD).accepted
    assert CHECKER._process is not process


def test_a_fork_of_the_server_has_a_checking_process_of_its_own():
    """Servers that fork after the first check still check, each for itself."""
    assert check_isolated(GOOD).accepted
    child = os.fork()
    if child == 0:
        os._exit(0 if check_isolated(GOOD).accepted else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert check_isolated(GOOD).accepted
