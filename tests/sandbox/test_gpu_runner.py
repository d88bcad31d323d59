"""The runner's way with a GPU, on a CUDA of the tests' own (``fake_cuda``); on a real one in ``tests/gpu``."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import docker.errors
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.limits import Limits
from sandbox.channel import Channel
from sandbox.contract import Bound, LoadFailure
from sandbox.docker_sandbox import DockerSandbox
from sandbox.engine import Engine
from sandbox.messages import Hello
from sandbox.runner import gpu
from sandbox.runner.gpu import Gpu
from sandbox.runner.staging import Stager
from tests.sandbox.fake_cuda import TOTAL_BYTES, FakeCuda, LateCopies
from tests.sandbox.real import Models, ask

ROOT = Path(__file__).parents[2]
ON_GPU = Limits(timeout_seconds=20.0, load_timeout_seconds=30.0, gpus=1, gpu_memory_bytes=TOTAL_BYTES // 4)
DTYPES = (torch.float32, torch.float16, torch.bfloat16, torch.float64, torch.int64, torch.uint8, torch.bool)

LINEAR = """
import torch

class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = torch.nn.Linear(4, 2)

    def predict_single(self, x):
        if x == "fraction":
            return torch.memory_fraction
        if x == "raise":
            raise ValueError("no such class")
        if x == "memory":
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")
        if x == "cublas":
            raise RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`")
        if x == "assert":
            raise torch.AcceleratorError("CUDA error: device-side assert triggered")
        if x in ("late", "caught"):
            torch.pending_fault = torch.AcceleratorError("CUDA error: an illegal memory access was encountered")
        if x == "caught":
            try:
                raise torch.pending_fault
            except RuntimeError:
                raise ValueError("never mind") from None
        if x == "late":
            return "looks fine"
        return self.fc(torch.tensor(x)).tolist()
"""


def test_cuda_keeps_nothing_on_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its cache of compiled code is off before CUDA is first used: it would fill the scratch space, and be locked."""
    seen: list[str | None] = []

    class Seeing(Gpu):
        def __init__(self) -> None:
            seen.append(os.environ.get("CUDA_CACHE_DISABLE"))
            super().__init__(FakeCuda())

        def warm_up(self) -> None:
            seen.append(os.environ.get("CUDA_CACHE_DISABLE"))

    monkeypatch.delenv("CUDA_CACHE_DISABLE", raising=False)
    monkeypatch.setattr(gpu, "CONTROL_FILE", str(tmp_path))
    monkeypatch.setattr(gpu, "Gpu", Seeing)
    monkeypatch.setattr(torch.version, "cuda", "12.8")
    found, fault = gpu.find()
    os.environ.pop("CUDA_CACHE_DISABLE")
    assert found is not None
    assert (fault, seen) == ("", ["1", "1"])


def tensors_of(shapes: list[tuple[int, int]]) -> list[torch.Tensor]:
    """Random bytes under every dtype in turn."""
    made = []
    for number, (rows, columns) in enumerate(shapes):
        dtype = DTYPES[number % len(DTYPES)]
        if dtype is torch.bool:
            made.append(torch.rand(rows, columns) > 0.5)
        else:
            made.append(torch.randint(0, 100, (rows, columns)).to(dtype))
    return made


@settings(deadline=None, max_examples=150)
@given(
    shapes=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=12),
    buffer_bytes=st.sampled_from([1, 7, 64, 256, 1000, 4096, 1 << 16]),
    buffers=st.integers(1, 3),
)
def test_whatever_is_staged_arrives_whole(shapes: list[tuple[int, int]], buffer_bytes: int, buffers: int) -> None:
    """Any tensors through any buffers: though copies run as late as they may, each byte arrives, and pinned memory
    never grows beyond the buffers."""
    copies = LateCopies()
    stager = Stager(copies, buffer_bytes=buffer_bytes, buffers=buffers)
    sources = tensors_of(shapes)
    wanted = [source.clone() for source in sources]
    moved = [stager.move(source) for source in sources]
    stager.finish()
    assert all(torch.equal(target, source) for target, source in zip(moved, wanted, strict=True))
    assert copies.pinned_bytes == [buffer_bytes] * buffers


def test_what_is_no_row_of_bytes_goes_plainly() -> None:
    """Transposed, sparse and tensors of other types are copied as torch copies them, and arrive the same."""
    copies = LateCopies()
    stager = Stager(copies)
    transposed, sparse = torch.rand(3, 5).t(), torch.eye(4).to_sparse()
    assert torch.equal(stager.move(transposed), transposed)
    assert torch.equal(stager.move(sparse).to_dense(), torch.eye(4))
    assert stager.move(torch.tensor(3.0)).shape == ()


def put(model: torch.nn.Module) -> LateCopies:
    """The model on the fake device."""
    copies = LateCopies()
    Gpu(FakeCuda(), device="cpu", copies=copies).put(model)
    return copies


def test_a_model_is_put_on_the_device_whole() -> None:
    """Parameters and buffers of ordinary layers, packed RNN weights among them, with the values they had."""
    model = torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 3), torch.nn.BatchNorm2d(8), torch.nn.LSTM(8, 8, 2), torch.nn.Embedding(10, 8)
    )
    before = {name: value.clone() for name, value in model.state_dict().items()}
    copies = put(model)
    after = model.state_dict()
    assert all(torch.equal(after[name], value) for name, value in before.items())
    assert all(copies.has(value) for value in after.values())


def test_what_was_one_tensor_stays_one() -> None:
    """Tied parameters and a buffer registered twice are one tensor on the device too, copied once."""
    model = torch.nn.ModuleDict({"a": torch.nn.Linear(4, 4), "b": torch.nn.Linear(4, 4)})
    model["b"].weight = model["a"].weight
    shared = torch.rand(5)
    for part in model.values():
        part.register_buffer("mask", shared)
    copies = put(model)
    assert model["a"].weight is model["b"].weight
    assert model["a"].mask is model["b"].mask
    assert len(copies.there) == 4  # a weight, two biases, a mask


@pytest.mark.parametrize(("memory_bytes", "fraction"), [(TOTAL_BYTES // 2, 0.5), (TOTAL_BYTES * 3, 1.0), (1, 1e-10)])
def test_the_limit_is_a_part_of_the_device(memory_bytes: int, fraction: float) -> None:
    """Of its total memory; a limit beyond the device is the whole of it."""
    cuda = FakeCuda()
    Gpu(cuda, device="cpu", copies=LateCopies()).limit(memory_bytes)
    assert cuda.fraction == pytest.approx(fraction, rel=0.1)


@pytest.mark.parametrize(
    ("raised", "ending"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate"), "out_of_memory"),
        (torch.AcceleratorError("CUDA error: out of memory"), "out_of_memory"),
        (torch.AcceleratorError("CUDA error: device-side assert triggered"), "crashed"),
        (RuntimeError("CUDA error: an illegal memory access was encountered"), "crashed"),
        (RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"), "crashed"),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied (1x3 and 4x2)"), None),
        (RuntimeError("Expected all tensors to be on the same device, but got cpu and cuda:0"), None),
        (ValueError("CUDA error: only words"), None),
        (KeyboardInterrupt(), None),
    ],
)
def test_endings_are_told_apart(raised: BaseException, ending: str | None) -> None:
    """What the device said, and what is the model's own error and leaves the device as it was."""
    assert Gpu(FakeCuda(), device="cpu", copies=LateCopies()).ending(raised) == ending


def test_a_fault_that_was_caught_is_found() -> None:
    """Whatever the model raises afterwards: a device that faulted is told by asking it."""
    cuda = FakeCuda()
    cuda.fault = torch.AcceleratorError("CUDA error: misaligned address")
    assert Gpu(cuda, device="cpu", copies=LateCopies()).ending(ValueError("never mind")) == "crashed"


@pytest.fixture
def start(short_dir: Path) -> Iterator[Callable[[], DockerSandbox]]:
    """Starts runners in processes of their own, each with a fake GPU, behind the host's real end of the socket."""
    engine, processes = Engine(), []

    def build() -> DockerSandbox:
        path = short_dir / f"gpu-{secrets.token_hex(4)}.sock"
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
            door.bind(str(path))
            door.listen(1)
            command = [sys.executable, "-m", "tests.sandbox.fake_cuda", str(path)]
            processes.append(subprocess.Popen(command, cwd=ROOT))
            door.settimeout(60)
            channel = Channel(door.accept()[0])
        hello = channel.receive(deadline=_in_a_minute(), body_max_bytes=0)
        assert hello == (Hello(protocol=1, gpus=1), b"")
        return DockerSandbox("f" * 64, channel=channel, engine=engine, limits=ON_GPU, on_gone=lambda: None, device="0")

    yield build
    for process in processes:
        process.kill()
        process.wait()
    engine.close()


def _in_a_minute() -> float:
    return time.monotonic() + 60


@pytest.fixture
def sandbox(start: Callable[[], DockerSandbox], models: Models) -> DockerSandbox:
    """One with the model of this file on its GPU."""
    sandbox = start()
    weights = {"fc.weight": torch.eye(4)[:2].contiguous(), "fc.bias": torch.zeros(2)}
    result = sandbox.bind(models.version(LINEAR, weights, limits=ON_GPU))
    assert isinstance(result, Bound), result
    return sandbox


def test_a_model_on_a_gpu_answers(sandbox: DockerSandbox) -> None:
    """Bound, put on the device with the weights of the file, within the tenant's part of its memory."""
    assert json.loads(ask(sandbox, [1.0, 2.0, 3.0, 4.0]).output) == [1.0, 2.0]
    assert json.loads(ask(sandbox, "fraction").output) == 0.25
    assert ask(sandbox, "raise").kind == "model_error"
    assert sandbox.alive
    assert json.loads(ask(sandbox, [5.0, 6.0, 3.0, 4.0]).output) == [5.0, 6.0]


@pytest.mark.parametrize(
    ("value", "kind", "says"),
    [
        ("memory", "out_of_memory", "20.00 GiB"),
        ("cublas", "out_of_memory", "CUBLAS_STATUS_ALLOC_FAILED"),
        ("assert", "crashed", "device-side assert"),
        ("late", "crashed", "illegal memory access"),
        ("caught", "crashed", "GPU faulted"),
    ],
)
def test_what_goes_wrong_on_the_gpu_condemns_the_sandbox(
    sandbox: DockerSandbox, value: str, kind: str, says: str
) -> None:
    """Told apart, with the model's own traceback; the sandbox is gone, so that nobody computes on a broken context."""
    outcome = ask(sandbox, value)
    assert outcome.kind == kind
    assert says in outcome.message
    assert ("model.py" in outcome.traceback) == (value != "late")
    assert not sandbox.alive


def test_weights_larger_than_the_limit_are_out_of_memory(start: Callable[[], DockerSandbox], models: Models) -> None:
    """Said at binding, in CUDA's words, before any call."""
    source = LINEAR.replace("Linear(4, 2)", "Linear(1024, 1024)")
    weights = {"fc.weight": torch.zeros(1024, 1024), "fc.bias": torch.zeros(1024)}
    failure = start().bind(models.version(source, weights, limits=ON_GPU))
    assert isinstance(failure, LoadFailure)
    assert failure.kind == "out_of_memory"
    assert "can't be put on the GPU" in failure.message


class Refusing(Engine):
    """An engine that can't shrink a container below what it uses."""

    def limit(self, container_id: str, resources: dict[str, Any]) -> None:
        raise docker.errors.APIError("device or resource busy")


def test_too_little_memory_beside_cuda_is_said_to_be(start: Callable[[], DockerSandbox], models: Models) -> None:
    """A limit below what CUDA takes is the limit's fault, not the platform's, and says how much to allow."""
    sandbox = start()
    sandbox._engine = Refusing()
    failure = sandbox.bind(models.version(LINEAR, limits=replace(ON_GPU, memory_bytes=512 * 2**20)))
    assert isinstance(failure, LoadFailure)
    assert failure.kind == "out_of_memory"
    assert "at least 1024 MiB" in failure.message


def test_a_version_without_a_gpu_is_not_bound_to_one(start: Callable[[], DockerSandbox], models: Models) -> None:
    """A turn that came the wrong way is the platform's fault, and nothing of the tenant is loaded."""
    failure = start().bind(models.version(LINEAR, limits=replace(ON_GPU, gpus=0)))
    assert isinstance(failure, LoadFailure)
    assert failure.kind == "platform"


def test_the_benchmark_says_that_there_is_no_gpu() -> None:
    """Where CUDA has no device it measures nothing, and says so; it doesn't pass for a measurement."""
    command = [sys.executable, "benchmarks/gpu.py"]
    hidden = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command, cwd=ROOT, env=hidden, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (3, "There is no GPU here that PyTorch can use: nothing was measured.\n")
