"""From files to a model: what loads, how, and what is said when it doesn't."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from sandbox.contract import Bound, Bundle, LoadFailure, Sandbox
from sandbox.pool import Pool
from tests.sandbox.real import SMALL, Models, ask

LINEAR = """
import torch


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(3, 2)

    def predict_single(self, x):
        return self.linear(torch.tensor(x))
"""
WEIGHTS = {"linear.weight": torch.arange(6.0).reshape(2, 3), "linear.bias": torch.tensor([1.0, -1.0])}

Load = Callable[[Bundle], "tuple[Sandbox | None, LoadFailure | None, str | None]"]


@pytest.fixture
def load(pool: Pool):  # type: ignore[no-untyped-def]  # a fixture that makes what Load says
    """Bind a version; the sandbox lives until the test ends."""
    leases = []

    def bind(bundle: Bundle) -> tuple[Sandbox | None, LoadFailure | None, str | None]:
        lease = pool.lease(bundle)
        lease.__enter__()
        leases.append(lease)
        return (None if lease.failure else lease.sandbox), lease.failure, lease.load

    yield bind
    for lease in leases:
        pool.evict(lease.bundle.version_id)
        lease.__exit__(None, None, None)


@pytest.mark.parametrize(("mode", "used"), [("auto", "meta"), ("meta", "meta"), ("plain", "plain")])
def test_both_ways_of_loading_give_the_same_answer(load: Load, models: Models, mode: str, used: str) -> None:
    """Meta device and plain instantiation hold the same weights."""
    sandbox, failure, found = load(models.version(LINEAR, WEIGHTS, load=mode))
    assert failure is None
    assert found == used
    assert json.loads(ask(sandbox, [1.0, 2.0, 3.0]).output) == [9.0, 25.0]


FALLS_BACK = {
    "a buffer outside the state dict": "self.register_buffer('b', torch.ones(2), persistent=False)",
    "a tensor as a plain attribute": "self.b = torch.ones(2)",
    "tensors in a list": "self.b = [torch.ones(2)]",
    "a computation on values": "self.b = float(torch.ones(1).sum()) * torch.ones(2)",
}


@pytest.mark.parametrize("line", FALLS_BACK.values(), ids=FALLS_BACK.keys())
def test_what_meta_can_not_build_is_built_plainly(load: Load, models: Models, line: str) -> None:
    """A class that needs real tensors while it is built loads all the same."""
    source = LINEAR.replace("self.linear = ", f"{line}\n        self.linear = ").replace(
        "torch.tensor(x))", "torch.tensor(x)) + (self.b[0] if isinstance(self.b, list) else self.b)"
    )
    sandbox, failure, found = load(models.version(source, WEIGHTS))
    assert failure is None
    assert found == "plain"
    assert json.loads(ask(sandbox, [0.0, 0.0, 0.0]).output) == [2.0, 0.0]


def test_weights_of_another_type_are_converted(load: Load, models: Models) -> None:
    """Half-precision weights become what the class declares, as load_state_dict does."""
    source = LINEAR.replace("return self.linear", "return str(self.linear.weight.dtype), self.linear")
    sandbox, _, found = load(models.version(source, {name: value.half() for name, value in WEIGHTS.items()}))
    assert found == "plain"
    assert json.loads(ask(sandbox, [0.0, 0.0, 0.0]).output)[0] == "torch.float32"


def test_tied_weights_may_be_saved_once(load: Load, models: Models) -> None:
    """A name that is missing because its tensor is saved under another name is no misfit."""
    source = LINEAR.replace(
        "self.linear = torch.nn.Linear(3, 2)",
        "self.linear, self.other = torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)\n"
        "        self.other.weight, self.other.bias = self.linear.weight, self.linear.bias",
    ).replace("self.linear(torch", "self.other(torch")
    sandbox, failure, _ = load(models.version(source, WEIGHTS))
    assert failure is None
    assert json.loads(ask(sandbox, [1.0, 2.0, 3.0]).output) == [9.0, 25.0]


def test_models_are_in_eval_mode_without_gradients(load: Load, models: Models) -> None:
    """Dropout is off, and nothing records a graph."""
    source = LINEAR.replace(
        "return self.linear(torch.tensor(x))", "return [self.training, torch.is_inference_mode_enabled()]"
    )
    sandbox, _, _ = load(models.version(source, WEIGHTS))
    assert json.loads(ask(sandbox).output) == [False, True]


def test_weights_that_do_not_fit_are_listed(load: Load, models: Models) -> None:
    """Missing, unexpected and mis-shaped names, each with what was expected and found."""
    weights = {"linear.weight": torch.zeros(3, 2), "extra": torch.zeros(1)}
    _, failure, _ = load(models.version(LINEAR, weights))
    assert failure is not None
    assert failure.kind == "weights_mismatch"
    assert failure.detail == {
        "missing": ["linear.bias"],
        "unexpected": ["extra"],
        "mismatched": [{"name": "linear.weight", "expected": [2, 3], "found": [3, 2]}],
    }


BAD_FILES = {
    "empty": b"",
    "short": b"\x01",
    "a pickle": b"\x80\x04\x95" + b"x" * 100,
    "a header longer than the file": (1 << 40).to_bytes(8, "little") + b"{}",
    "a header that is no JSON": (4).to_bytes(8, "little") + b"nope",
    "a tensor beyond the end": (63).to_bytes(8, "little")
    + b'{"linear.bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'[:63],
    "an unknown type": (59).to_bytes(8, "little") + b'{"linear.bias":{"dtype":"X","shape":[2],"data_offsets":[0,8]}}',
}


@pytest.mark.parametrize("data", BAD_FILES.values(), ids=BAD_FILES.keys())
def test_damaged_weights_are_refused(load: Load, models: Models, data: bytes) -> None:
    """Whatever is not a whole safetensors file ends as weights_invalid, never as a crash."""
    bundle = models.version(LINEAR, WEIGHTS)
    bundle.weights.chmod(0o600)
    bundle.weights.write_bytes(data)
    _, failure, _ = load(bundle)
    assert failure is not None
    assert failure.kind == "weights_invalid"
    assert failure.message.startswith("The weights are not a whole safetensors file")


def test_truncated_weights_are_refused(load: Load, models: Models) -> None:
    """A file that was cut short is not loaded in part."""
    bundle = models.version(LINEAR, WEIGHTS)
    data = bundle.weights.read_bytes()
    bundle.weights.chmod(0o600)
    bundle.weights.write_bytes(data[:-4])
    _, failure, _ = load(bundle)
    assert failure is not None
    assert "cut short" in failure.message


def test_the_traceback_is_the_tenants_own(load: Load, models: Models) -> None:
    """It starts in model.py, quotes the line, and names no file of the runner."""
    source = LINEAR.replace("super().__init__()", "super().__init__()\n        print('starting')\n        helper()") + (
        "\n\ndef helper():\n    raise ValueError('tenant text')\n"
    )
    _, failure, _ = load(models.version(source, WEIGHTS))
    assert failure is not None
    assert failure.kind == "load_error"
    assert "tenant text" in failure.message
    assert failure.traceback.splitlines()[1] == '  File "model.py", line 9, in __init__'
    assert "raise ValueError('tenant text')" in failure.traceback
    assert "/opt/cloche/app" not in failure.traceback
    assert failure.logs == "starting\n" * failure.logs.count("starting")


FAILING = LINEAR.replace("super().__init__()", "super().__init__()\n        made = helper()") + (
    "\n\ndef helper():\n    raise ValueError('tenant text')\n"
)


@pytest.mark.parametrize(
    "source",
    [
        "\N{ZERO WIDTH NO-BREAK SPACE}" + FAILING,
        FAILING.replace("\n", "\r\n"),
        FAILING.replace("\n", "\r"),
        FAILING.replace("class ", "\f\nNOTE = 'a\x1cb\x85c\N{LINE SEPARATOR}d'\nclass "),
    ],
    ids=["byte order mark", "CRLF", "CR", "form feed and separators"],
)
def test_a_source_is_read_as_python_reads_a_file(load: Load, models: Models, source: str) -> None:
    """A byte order mark, any line ends, and what else str.splitlines takes for one: it runs, and the traceback quotes
    the lines that its numbers mean, with the carets below what failed.
    """
    _, failure, _ = load(models.version(source, WEIGHTS))
    assert failure is not None
    below_class = 2 if "NOTE" in source else 0
    told = failure.traceback.splitlines()
    assert failure.message == "Model() raised: ValueError: tenant text"
    assert told[1:6] == [
        f'  File "model.py", line {8 + below_class}, in __init__',
        "    made = helper()",
        "           ^^^^^^^^",
        f'  File "model.py", line {16 + below_class}, in helper',
        "    raise ValueError('tenant text')",
    ]


@pytest.mark.parametrize(
    ("source", "part"),
    [("class Model: pass", "no torch.nn.Module"), ("x = 1", "no torch.nn.Module"), ("def f(:", "SyntaxError"),
     ("import torch\nclass Model(torch.nn.Module): pass", "no method predict_single"),
     ("import nothing_like_this", "ModuleNotFoundError")],
)  # fmt: skip
def test_a_source_without_a_model_says_so(load: Load, models: Models, source: str, part: str) -> None:
    """One sentence says what is missing."""
    _, failure, _ = load(models.version(source))
    assert failure is not None
    assert failure.kind == "load_error"
    assert part in failure.message


def test_missing_files_are_our_fault(load: Load, models: Models) -> None:
    """A blob that is gone is a platform failure, not the tenant's."""
    bundle = models.version(LINEAR, WEIGHTS)
    bundle.weights.unlink()
    _, failure, _ = load(bundle)
    assert failure is not None
    assert failure.kind == "platform"


def test_threads_follow_the_cpu_limit(load: Load, models: Models) -> None:
    """torch uses as many threads as the version has processors, and never less than one."""
    source = LINEAR.replace("return self.linear(torch.tensor(x))", "return torch.get_num_threads()")
    for cpus, threads in ((0.5, 1), (2.0, 2)):
        sandbox, _, _ = load(replace(models.version(source, WEIGHTS), limits=replace(SMALL, cpus=cpus)))
        assert json.loads(ask(sandbox).output) == threads


def test_bound_reports_what_was_printed(pool: Pool, models: Models) -> None:
    """What the model prints while it is loaded reaches the upload check."""
    blank = pool.take_blank(SMALL)
    bound = blank.bind(models.version("print('hello from import')\n" + LINEAR, WEIGHTS))
    blank.destroy()
    assert isinstance(bound, Bound)
    assert "hello from import" in bound.logs
