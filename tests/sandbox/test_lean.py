"""Torch is imported lean, and nobody can tell but by the memory."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
import torch

from sandbox.outcome import Outcome
from sandbox.pool import Pool
from sandbox.runner import lean
from tests.conftest import ROOT
from tests.sandbox.real import SMALL, Models, ask

PATIENT = replace(SMALL, load_timeout_seconds=60.0)  # a busy machine takes its time for the rest of torch

# Its words are broken where they would be taken for signs.
RUNS = """
import os
import sys

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        return eval(x) if isinstance(x, str) else [first(name) for name in x]


def first(name):
    \"\"\"What importing this first, in a process of its own, ends with.\"\"\"
    ours, theirs = os.pipe()
    if os.fork() == 0:
        try:
            __import__(name)
            __import__("torch._re" "fs")
            late = getattr(torch, "_dec" "omp")
            assert late.__spec__.name == late.__name__
            said = str(len(late.decomposition_table) > 500)
        except BaseException as exc:
            said = repr(exc)
        os.write(theirs, said.encode()[:500])
        os._exit(0)
    os.close(theirs)
    return f"{name}: {os.read(ours, 500).decode()}"
"""
LATE = [
    "torch._decomp", "torch._decomp.decompositions", "torch._decomp.decompositions_for_jvp",
    "torch._meta_registrations", "torch._prims", "torch._prims.rng_prims", "torch._prims_common.wrappers",
    "torch._refs", "torch._refs.fft", "torch._refs.nn.functional", "torch.utils._content_store", "torch._dynamo",
]  # fmt: skip
WAITING = [
    "torch.ao.quantization", "torch.export", "torch.hub", "torch.masked", "torch.nn.intrinsic",
    "torch.nn.qat", "torch.nn.quantizable", "torch.nn.quantized", "torch.optim", "torch.profiler",
    "torch.quantization", "torch.utils.data", "unittest.mock",
]  # fmt: skip

SHUFFLED = """
import torch


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.w = torch.nn.Parameter(torch.zeros(4))
        self.order = torch.randperm(4)

    def predict_single(self, x):
        return sorted(self.order.tolist())
"""


def run(pool: Pool, models: Models, *expressions: Any) -> list[Outcome]:
    """Each expression's outcome, in one sandbox."""
    with pool.lease(models.version(RUNS)) as lease:
        assert lease.failure is None, lease.failure
        return [ask(lease.sandbox, each, timeout_seconds=60) for each in expressions]


def test_an_idle_sandbox_lacks_what_nobody_asked_for(pool: Pool, models: Models) -> None:
    """Reference implementations, primitives, decompositions and registrations: none is there after an ordinary call."""
    late = 'sorted({"torch._refs", "torch._prims", "torch._decomp", "torch._meta_registrations"} & set(sys.modules))'
    *_, outcome = run(pool, models, "torch.nn.Linear(4, 4)(torch.ones(1, 4)).sum().item() * 0", late)
    assert json.loads(outcome.output) == []


def test_each_late_module_can_be_the_first(pool: Pool, models: Models) -> None:
    """Whatever is imported first, torch comes out whole: nothing is loaded twice, or in a circle."""
    names = LATE + WAITING[:5]
    outcomes = run(pool, models, *([name] for name in names))
    assert [json.loads(outcome.output) for outcome in outcomes] == [[f"{name}: True"] for name in names]


def test_parts_that_few_models_use_wait_to_be_asked(pool: Pool, models: Models) -> None:
    """Optimizers, data sets, quantisation and what else waits, and neither HTTP nor asyncio with it."""
    names = [*WAITING, "asyncio", "http.client", "ssl", "urllib.request"]
    (outcome,) = run(pool, models, f"[name for name in {names} if name in sys.modules]")
    assert json.loads(outcome.output) == []


def test_no_text_of_a_library_is_kept(pool: Pool, models: Models) -> None:
    """What torch looked up of its own files while it was imported is forgotten."""
    (outcome,) = run(pool, models, "[name for name in __import__('linecache').cache if '/site/' in name]")
    assert json.loads(outcome.output) == []


@pytest.mark.parametrize(
    "expression",
    [
        "torch._refs.add(torch.ones(2), 1).tolist() == [2, 2]",
        "torch._decomp.decomposition_table is not None",
        "torch.func.jvp(torch.nn.functional.gelu, (torch.ones(2),), (torch.ones(2),))[1].shape[0] == 2",
        "torch.func.vmap(torch.linalg.det)(torch.eye(3).expand(2, 3, 3)).tolist() == [1, 1]",
        "torch.func.jacfwd(lambda x: torch.log_softmax(x, 0))(torch.zeros(2)).shape == (2, 2)",
        "torch.randn(2, generator=torch.Generator().manual_seed(1)).shape[0] == 2",
        "torch.fx.symbolic_trace(torch.nn.ReLU())(torch.ones(1)).item() == 1",
        "torch.fx.experimental.proxy_tensor.make_fx(lambda x: x + 1)(torch.ones(1))(torch.ones(1)).item() == 2",
        "torch.distributions.Normal(0.0, 1.0).log_prob(torch.zeros(1)).shape == (1,)",
        "torch.distributions.von_mises.VonMises(torch.zeros(1), torch.ones(1)).log_prob(torch.zeros(1)).shape == (1,)",
        "len(list(torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.ones(4)), batch_size=2))) == 2",
        "isinstance(torch.nn.quantized.Linear(2, 2), torch.ao.nn.quantized.Linear)",
        "torch.nn.quantizable.LSTM is torch.ao.nn.quantizable.LSTM",
        "torch.quantization.default_qconfig is torch.ao.quantization.default_qconfig",
        "torch.masked.sum(torch.ones(2), mask=torch.tensor([True, False])).item() == 1",
        "torch.optim.lr_scheduler.StepLR(torch.optim.SGD([torch.zeros(1)], lr=1.0), 1).get_last_lr() == [1.0]",
        "torch.profiler.ProfilerActivity.CPU is torch.autograd.ProfilerActivity.CPU",
        "torch.fx.interpreter.tqdm(total=2, disable=True).total == 2",
        "torch.export.Dim('batch').__name__ == 'batch'",
        "torch.nn.quantized is sys.modules['torch.nn.quantized'] and 'torch.optim' in repr(torch.optim)",
        "[hasattr(m, 'nothing') for m in (torch, torch.nn, torch.utils, sys.modules['unittest'])] == [False] * 4",
        "'unittest.mock' in repr(__import__('unittest').mock)",
    ],
)
def test_what_needs_the_rest_finds_it(pool: Pool, models: Models, expression: str) -> None:
    """By attribute or from within torch: the same answer as of a whole torch."""
    (outcome,) = run(pool, models, expression)
    assert outcome.output == b"true", outcome


# In a process of its own: this one has all of torch.
CORPUS = """
import sys
from sandbox.runner import lean
lean.import_torch()
from tests.policies import test_corpus
assert "torch._refs" not in sys.modules
for path in test_corpus.BENIGN:
    try:
        test_corpus.test_an_ordinary_model_is_accepted_and_runs(path)
    except Exception as exc:
        print("FAILED", path.stem, repr(exc))
print("PLAYED", len(test_corpus.BENIGN))
"""


def test_what_people_write_runs_on_it() -> None:
    """Every ordinary model of the policy's corpus answers on a lean torch, one after the other in one process."""
    done = subprocess.run([sys.executable, "-c", CORPUS], cwd=ROOT, capture_output=True, text=True, check=False)
    told = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "PLAYED"))]
    assert len(told) == 1, (told, done.stderr[-2000:])
    assert int(told[0].split()[1]) > 120


def test_a_class_whose_kernels_are_late_is_loaded(pool: Pool, models: Models) -> None:
    """An operator without a kernel for meta in C++, in a constructor."""
    with pool.lease(models.version(SHUFFLED, {"w": torch.ones(4)}, limits=PATIENT)) as lease:
        assert lease.failure is None, lease.failure
        assert json.loads(ask(lease.sandbox).output) == [0, 1, 2, 3]


def test_tensors_without_data_work_where_the_source_speaks_of_them(pool: Pool, models: Models) -> None:
    """And where it hides them, from the second call on."""
    said = "torch.randperm(4, device='meta').shape[0]"
    with pool.lease(models.version(RUNS + "# meta\n", limits=PATIENT)) as lease:
        assert lease.failure is None, lease.failure
        assert ask(lease.sandbox, said, timeout_seconds=60).output == b"4"
    first, second = run(pool, models, said, said)
    assert first.kind == "model_error"
    assert "NotImplementedError" in first.message
    assert second.output == b"4"


@pytest.mark.parametrize(
    ("source", "needed"),
    [
        ("x.to('meta')", True),
        ("from torch._subclasses.fake_tensor import FakeTensorMode", True),
        ("torch.ops.prims.add(x, y)", True),
        ("metadata = {}\nfake = self.generator(z)", False),
    ],
)
def test_the_signs_are_words(source: str, needed: bool) -> None:
    """Words that only look alike don't cost anybody memory."""
    assert lean.needed_by(source) is needed
