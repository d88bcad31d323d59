"""What goes in and what comes out of one call."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.contract import Call, Sandbox
from sandbox.pool import Pool
from tests.sandbox.real import Models, ask, call

SOURCE = """
import sys

import numpy
import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        if isinstance(x, str) and x.startswith("eval:"):
            return eval(x[5:])
        if x == "print":
            print("out")
            print("err", file=sys.stderr)
            print("\\U0001f514")
        return [type(x).__name__, x.decode("latin-1") if isinstance(x, bytes) else x]
"""


@pytest.fixture(scope="module")
def sandbox(pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox for the whole file: every ending in it is survivable."""
    with pool.lease(Models(tmp_path_factory.mktemp("calls")).version(SOURCE)) as lease:
        yield lease.sandbox


def run(sandbox: Sandbox, kind: Any, payload: bytes) -> Any:
    """The output of one call of that kind."""
    (outcome,) = sandbox.run([Call("c1", kind, payload, 5.0)])
    return json.loads(outcome.output)


def test_inputs_arrive_as_what_they_are(sandbox: Sandbox) -> None:
    """JSON is parsed, text decoded, bytes passed as they are."""
    assert run(sandbox, "json", b'{"a": [1, null, "\xc3\xa9"]}') == ["dict", {"a": [1, None, "é"]}]
    assert run(sandbox, "text", "grüße".encode()) == ["str", "grüße"]
    assert run(sandbox, "bytes", b"\x00\xff") == ["bytes", "\x00\xff"]
    assert run(sandbox, "bytes", b"") == ["bytes", ""]


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ("torch.arange(4).reshape(2, 2)", [[0, 1], [2, 3]]),
        ("{'score': torch.tensor(0.5)}", {"score": 0.5}),
        ("torch.tensor([True])", [True]),
        ("torch.tensor([1.5], dtype=torch.bfloat16)", [1.5]),
        ("numpy.float32(0.5)", 0.5),
        ("numpy.arange(3)", [0, 1, 2]),
        ("(1, (2, 3))", [1, [2, 3]]),
        ("{1: 'a', None: 'b'}", {"1": "a", "null": "b"}),
        ("None", None),
        ("'é'", "é"),
        ("torch.empty(0)", []),
    ],
)
def test_outputs_become_json(sandbox: Sandbox, expression: str, output: Any) -> None:
    """Tensors, arrays and tuples become lists; numbers stay numbers."""
    outcome = ask(sandbox, f"eval:{expression}")
    assert outcome.kind == "succeeded", outcome
    assert json.loads(outcome.output) == output


@pytest.mark.parametrize("expression", ["b'a\\x00'", "bytearray(b'a\\x00')", "memoryview(b'a\\x00')"])
def test_bytes_stay_bytes(sandbox: Sandbox, expression: str) -> None:
    """Anything like bytes travels as it is."""
    outcome = ask(sandbox, f"eval:{expression}")
    assert (outcome.output_kind, outcome.output) == ("bytes", b"a\x00")


@pytest.mark.parametrize(
    "expression", ["object()", "{(1, 2): 3}", "{1, 2}", "1j", "float('inf')", "torch.eye(2).to_sparse()", "[b'x']"]
)
def test_what_is_not_json_is_refused_with_a_sentence(sandbox: Sandbox, expression: str) -> None:
    """The sandbox survives and says what to return instead."""
    outcome = ask(sandbox, f"eval:{expression}")
    assert outcome.kind == "output_not_serialisable"
    assert outcome.message
    assert sandbox.alive


def test_a_number_too_long_to_read_is_to_be_text(sandbox: Sandbox) -> None:
    """Not in the words of the interpreter, which name a switch that a model may not touch."""
    for expression in ("10**4300", "[-10**5000]"):
        outcome = ask(sandbox, f"eval:{expression}")
        assert outcome.kind == "output_not_serialisable"
        assert outcome.message == "The output holds a number of more than 4300 digits. Return it as text."


def test_a_large_answer_and_a_large_input_cross_without_a_deadlock(sandbox: Sandbox) -> None:
    """Both directions full at once: inputs of 3 MB sent ahead while answers of 3 MB come back."""
    calls = [Call(f"c{number}", "bytes", b"x" * 3_000_000, 20.0) for number in range(8)]
    outcomes = list(sandbox.run(calls))
    assert [outcome.kind for outcome in outcomes] == ["succeeded"] * 8
    assert all(len(outcome.output) > 3_000_000 for outcome in outcomes)


def test_printed_text_belongs_to_its_call(sandbox: Sandbox) -> None:
    """Both streams, in order, with the call that printed them and no other."""
    outcomes = list(sandbox.run([call(1), call("print"), call(2)]))
    assert [outcome.logs for outcome in outcomes] == ["", "out\nerr\n\U0001f514\n", ""]


def test_printed_text_is_bounded(sandbox: Sandbox) -> None:
    """What is too much is dropped and said to be."""
    outcome = ask(sandbox, "eval:print('x' * 100_000)")
    assert len(outcome.logs) == 16 * 1024
    assert outcome.logs_truncated
    assert not ask(sandbox, "print").logs_truncated


def test_the_error_is_the_tenants_own(sandbox: Sandbox) -> None:
    """Type, text and the frames from model.py on."""
    outcome = ask(sandbox, "eval:torch.ones(2) @ torch.ones(3)")
    assert outcome.kind == "model_error"
    assert outcome.message.startswith("RuntimeError: ")
    assert outcome.traceback.splitlines()[1].startswith('  File "model.py", line 11, in predict_single')


def test_input_that_is_no_json_is_an_error_of_the_call(sandbox: Sandbox) -> None:
    """It never reaches the model, and the sandbox survives."""
    (outcome,) = sandbox.run([Call("c1", "json", b"{nope", 5.0)])
    assert outcome.kind == "model_error"
    assert sandbox.alive
