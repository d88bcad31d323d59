"""How a job can end, each told apart, on the real engine; and the next job always succeeds."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Engine
from tests.e2e.conftest import Customer, source

DOUBLE = "return x * 2"

# What predict_single does, and the error type its job must end with.
FAULTS = {
    "model_error": "return {}['missing']",
    "timed_out": "while True:\n    pass",
    "out_of_memory": "return len([torch.ones(2**22) for _ in range(4096)])",
    "output_not_serialisable": "return object()",
    "output_too_large": "return 'x' * (9 * 2**20)",
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_has_its_own_type_and_harms_nobody(customer: Customer, kind: str) -> None:
    """Each fault of a model ends its job as failed with its own error type; the same model answers on."""
    name = customer.ready(
        f"if x == 0:\n    {FAULTS[kind].replace(chr(10), chr(10) + '    ')}\n{DOUBLE}", memory_bytes=768 * 2**20
    )
    job = customer.ask(name, 0, timeout_seconds=2 if kind == "timed_out" else 30)
    assert (job["status"], job["error"]["type"]) == ("failed", kind), job
    assert job["output"] is None
    assert job["error"]["message"]
    job = customer.ask(name, 21)
    assert (job["status"], job["output"]) == ("succeeded", 42)


def test_a_model_error_shows_the_tenants_own_traceback(customer: Customer) -> None:
    """The traceback names model.py, the line and the exception; nothing of the runner or the host."""
    name = customer.ready("print('about to fail')\nreturn {}['missing']")
    job = customer.ask(name, 0)
    traceback = job["error"]["traceback"]
    assert "model.py" in traceback and "KeyError: 'missing'" in traceback
    assert "runner" not in traceback and "site-packages" not in traceback
    assert job["logs"] == "about to fail\n"


def test_a_segmentation_fault_is_a_crash_with_its_signal(engine: Engine) -> None:
    """A model that brings its process down ends as crashed, its signal and last words told; the next job succeeds.

    The policy keeps such code out, so its tenant is one that the operator exempted.
    """
    trusted = Customer(engine, engine.tenant("trusted"))
    engine.admin("policy", "exempt", "trusted", "--reason", "the test of crashes")
    model = source(
        "if x == 0:\n    print('last words')\n    ctypes.string_at(0)\nreturn x",
        imports="import ctypes\nimport torch\nfrom torch import nn\n",
    )
    name, version = trusted.upload(model)
    assert version["status"] == "ready", version
    job = trusted.ask(name, 0)
    assert (job["status"], job["error"]["type"], job["error"]["signal"]) == ("failed", "crashed", 11), job
    assert "last words" in job["logs"]
    assert trusted.ask(name, 7)["output"] == 7


def test_policy_and_exemption_are_one_tenants(customer: Customer) -> None:
    """What an exempt tenant may upload, another may not."""
    _, version = customer.upload(source("return x", imports="import ctypes\nimport torch\nfrom torch import nn\n"))
    assert version["status"] == "refused"


INPUTS: list[tuple[Any, Any]] = [
    (None, None),
    (True, True),
    (12345678901234567890123, 12345678901234567890123),
    (1.5e300, 1.5e300),
    ("grüße \u2028 \U0001f514", "grüße \u2028 \U0001f514"),
    ([1, [2, {"a": [None]}]], [1, [2, {"a": [None]}]]),
    ({"": 0, "ü": {"b": []}}, {"": 0, "ü": {"b": []}}),
]


def test_json_survives_the_way_there_and_back(customer: Customer) -> None:
    """Whatever JSON can say arrives as it was sent and comes back the same."""
    name = customer.ready("return x")
    for sent, expected in INPUTS:
        assert customer.ask(name, sent)["output"] == expected


def test_raw_inputs_keep_their_type(customer: Customer) -> None:
    """text/* arrives as str, anything else as bytes, to the last byte."""
    name = customer.ready("return [type(x).__name__, len(x)] if x != 'bytes please' else bytes(range(256))")
    url = f"/v1/models/{name}/jobs"
    wait = {"Prefer": "wait=30"}
    text = customer.http.post(url, content="grüße".encode(), headers={**wait, "Content-Type": "text/plain"})
    assert text.json()["output"] == ["str", 5]
    raw = customer.http.post(url, content=bytes(range(256)) * 9, headers={**wait, "Content-Type": "image/png"})
    assert raw.json()["output"] == ["bytes", 2304]
    back = customer.http.post(url, content=b"bytes please", headers={**wait, "Content-Type": "text/plain"}).json()
    assert back["output_encoding"] == "base64"
    assert customer.http.get(back["urls"]["output"]).content == bytes(range(256))


def test_torch_and_numpy_values_are_answers_too(customer: Customer) -> None:
    """Tensors and numpy scalars become plain JSON."""
    name = customer.ready("return {'t': torch.arange(3), 's': self.scale.sum(), 'n': torch.ones(2).numpy()}")
    assert customer.ask(name, 0)["output"] == {"t": [0, 1, 2], "s": 1.0, "n": [1.0, 1.0]}
