"""The runner's way with a real GPU: what ``tests/sandbox/test_gpu_runner.py`` holds against one of the tests' own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from sandbox.runner.gpu import CudaCopies, Gpu
from sandbox.runner.staging import Stager

ROOT = Path(__file__).parents[2]
MIB = 2**20

FAULT = """
import json, sys, torch
from sandbox.runner.answer import Answerer
from sandbox.runner.gpu import Gpu

gpu = Gpu()
gpu.warm_up()

def predict(x):
    if x == "assert":  # an index out of range, on the device: nothing is raised here
        return torch.zeros(4, device="cuda")[torch.tensor([x_ for x_ in (99,)], device="cuda")] * 2
    return float(torch.ones(3, device="cuda").sum())

answerer = Answerer(predict, output_bytes=1000, gpu=gpu)
print(json.dumps([answerer.answer("json", json.dumps(x).encode())[0] for x in ("fine", "assert", "fine")]))
"""


@pytest.fixture(scope="module")
def gpu() -> Gpu:
    """This machine's first GPU, warmed up."""
    gpu = Gpu()
    gpu.warm_up()
    return gpu


@pytest.mark.parametrize("buffer_bytes", [4096, MIB, 32 * MIB])
def test_whatever_is_staged_arrives_whole(gpu: Gpu, buffer_bytes: int) -> None:
    """Large and small tensors of every dtype, through buffers smaller and larger than they are."""
    stager = Stager(CudaCopies(torch.device("cuda:0")), buffer_bytes=buffer_bytes)
    sources = [
        torch.rand(3000, 1000), torch.rand(7, 3).half(), torch.randint(0, 9, (5,)), torch.rand(9) > 0.5,
        torch.rand(0, 3), torch.tensor(2.0), torch.rand(6, 4).t(), torch.rand(1000, 1000).bfloat16(),
    ]  # fmt: skip
    moved = [stager.move(source) for source in sources]
    stager.finish()
    assert all(target.is_cuda for target in moved)
    assert all(torch.equal(target.cpu(), source) for target, source in zip(moved, sources, strict=True))


def test_a_model_is_put_on_the_gpu_and_computes_the_same(gpu: Gpu) -> None:
    """Packed RNN weights and tied ones among it."""
    model = torch.nn.Sequential(torch.nn.Linear(16, 16), torch.nn.LSTM(16, 8, 2)).eval()
    x = torch.rand(5, 16)
    with torch.inference_mode():
        wanted = model(x)[0]
    gpu.put(model)
    with torch.inference_mode():
        found = model(x.cuda())[0]
    torch.testing.assert_close(found.cpu(), wanted, rtol=1e-3, atol=1e-3)


def test_the_limit_holds(gpu: Gpu) -> None:
    """What is allocated past it is out_of_memory, and the device goes on."""
    gpu.limit(512 * MIB)
    with pytest.raises(torch.OutOfMemoryError) as raised:
        torch.empty(1024 * MIB, dtype=torch.uint8, device="cuda")
    assert gpu.ending(raised.value) == "out_of_memory"
    assert torch.ones(3, device="cuda").sum() == 3
    gpu.limit(2**60)


def test_a_fault_is_told_to_its_call_and_is_for_good() -> None:
    """An assertion on the device, which CUDA tells late, ends that call as crashed; so does everything after it."""
    done = subprocess.run([sys.executable, "-c", FAULT], cwd=ROOT, capture_output=True, text=True, timeout=300)
    kinds = [reply["kind"] for reply in json.loads(done.stdout.splitlines()[-1])]
    assert kinds == ["succeeded", "crashed", "crashed"], done.stderr
