"""``python benchmarks/gpu.py``: what the runner's way to a GPU costs, beside plain ones. Needs a GPU, and no engine.

Weights go from a mapped file (its pages in the cache) to the device three ways; then one model is asked through the
runner's own answerer and beside it directly. Each way is a process of its own, so that none finds what another left.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from safetensors.torch import load_file, save_file

from benchmarks.tables import table
from sandbox.runner.answer import Answerer
from sandbox.runner.gpu import CudaCopies, Gpu
from sandbox.runner.staging import Stager
from sandbox.runner.weights import map_weights

DEVICE = torch.device("cuda:0")
WIDTH = 2048  # of a layer: 16 MiB of float32
CALLS = 2000
NO_GPU = 3  # exit status


def main() -> int:
    """Print the tables; 3 where there is no GPU."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=4096, help="weights")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not torch.cuda.is_available():
        print("There is no GPU here that PyTorch can use: nothing was measured.")
        return NO_GPU
    if arguments.way:
        print(json.dumps(WAYS[arguments.way](arguments.file)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "weights.safetensors"
        layers = max(1, arguments.mib * 2**20 // (WIDTH * WIDTH * 4))
        save_file({f"{n}.weight": torch.rand(WIDTH, WIDTH) for n in range(layers)}, file)
        _report(file, rounds=arguments.rounds)
    return 0


def _report(file: Path, *, rounds: int) -> None:
    gib = file.stat().st_size / 2**30
    name, memory = torch.cuda.get_device_name(0), torch.cuda.get_device_properties(0).total_memory / 2**30
    print(f"{name}, {memory:.0f} GiB, PyTorch {torch.__version__}, {os.cpu_count()} cores; medians of {rounds}\n")
    found = {way: [_measured(way, file) for _ in range(rounds)] for way in WAYS}
    loads = {way: statistics.median(run["seconds"] for run in found[way]) for way in ("staged", "mapped", "load_file")}
    rows = [[LABELS[way], f"{s * 1000:.0f} ms", f"{gib / s:.1f} GiB/s"] for way, s in loads.items()]
    print(table([f"{gib:.1f} GiB of weights to the device", "time", "rate"], rows), end="\n\n")
    asked = found["answers"]
    steps = {"context and warm-up (a blank one has done it)": "warm_up", "first answer": "first"}
    steps |= {"steady answer, p50": "steady", "the same call directly, p50": "direct"}
    rows = [[label, f"{statistics.median(run[key] for run in asked) * 1e3:.3f} ms"] for label, key in steps.items()]
    print(table(["one model of two layers", "time"], rows))


def _measured(way: str, file: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--way", way, "--file", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def _timed(load: Callable[[], object]) -> dict[str, float]:
    torch.ones(1, device=DEVICE).sum().item()  # the context
    started = time.perf_counter()
    kept = load()
    torch.cuda.synchronize()
    seconds = time.perf_counter() - started
    del kept
    return {"seconds": seconds}


def _mapped(file: Path) -> dict[str, torch.Tensor]:
    return map_weights(os.open(file, os.O_RDONLY))


def _staged(file: Path) -> dict[str, float]:
    """Pinning the buffers is part of it: every sandbox pays for it."""

    def load() -> object:
        stager = Stager(CudaCopies(DEVICE))
        moved = [stager.move(tensor) for tensor in _mapped(file).values()]
        stager.finish()
        return moved

    return _timed(load)


def _plain(file: Path) -> dict[str, float]:
    return _timed(lambda: [tensor.to(DEVICE) for tensor in _mapped(file).values()])


def _load_file(file: Path) -> dict[str, float]:
    return _timed(lambda: load_file(file, device="cuda:0"))


def _answers(_: Path) -> dict[str, float]:
    gpu = Gpu()
    started = time.perf_counter()
    gpu.warm_up()
    warm_up = time.perf_counter() - started
    model = torch.nn.Sequential(torch.nn.Linear(512, 512), torch.nn.GELU(), torch.nn.Linear(512, 8)).eval()
    gpu.put(model)

    def predict(x: list[float]) -> torch.Tensor:
        return model(torch.tensor(x, device=DEVICE))

    def directly() -> str:
        return json.dumps(predict(json.loads(body)).tolist())

    answerer, x = Answerer(predict, output_bytes=2**20, gpu=gpu), [0.5] * 512
    body = json.dumps(x).encode()
    with torch.inference_mode():
        first = _seconds(lambda: answerer.answer("json", body))
        steady = statistics.median(_seconds(lambda: answerer.answer("json", body)) for _ in range(CALLS))
        direct = statistics.median(_seconds(directly) for _ in range(CALLS))
    return {"warm_up": warm_up, "first": first, "steady": steady, "direct": direct}


def _seconds(step: Callable[[], object]) -> float:
    started = time.perf_counter()
    step()
    return time.perf_counter() - started


WAYS: dict[str, Callable[[Path], dict[str, float]]] = {
    "staged": _staged,
    "mapped": _plain,
    "load_file": _load_file,
    "answers": _answers,
}
LABELS = {
    "staged": "mapped, through pinned buffers (the runner's)",
    "mapped": "mapped, copied plainly",
    "load_file": "safetensors' load_file to the device",
}

if __name__ == "__main__":
    sys.exit(main())
