"""The models that the sandbox's benchmark binds, and the same thing without a sandbox."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file

from sandbox.contract import Bundle, Call

SMALL = """
import torch


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(16, 4)

    def predict_single(self, x):
        return x
"""
BIG = """
import torch


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = torch.nn.Sequential(*[torch.nn.Linear(2048, 2048) for _ in range(30)])

    def predict_single(self, x):
        return self.layers(torch.zeros(1, 2048))[0, :2].tolist()
"""
BUSY = """
import torch


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(512, 512)

    def predict_single(self, x):
        y = torch.ones(64, 512)
        for _ in range(x["rounds"]):
            y = self.layer(y).tanh()
        return float(y.sum())
"""


def model(source: str) -> Any:
    """The class of a source, built in this process."""
    module: dict[str, Any] = {}
    exec(compile(source, "model.py", "exec"), module)
    return module["Model"]().eval()


def version(folder: Path, name: str, source: str) -> Bundle:
    """Source and random weights as files."""
    (folder / f"{name}.py").write_text(source)
    save_file(model(source).state_dict(), folder / f"{name}.safetensors")
    (folder / f"{name}.safetensors").chmod(0o644)  # the container beside ours opens it by its path
    return Bundle("ten_bench", f"ver_{name}", "Model", folder / f"{name}.py", folder / f"{name}.safetensors")


def loaded_here(bundle: Bundle) -> Any:
    """What anybody would write: build the class, read the file, put it in."""
    built = model(bundle.source.read_text())
    built.load_state_dict(load_file(bundle.weights))
    return built


def asked_here(built: Any) -> Callable[[bytes], bytes]:
    """A call in this process: JSON in, JSON out, as in the sandbox."""

    def ask(payload: bytes) -> bytes:
        return json.dumps(built.predict_single(json.loads(payload)), separators=(",", ":")).encode()

    return ask


def asked_there(sandbox: Any) -> Callable[[bytes], bytes]:
    """The same call in a sandbox."""

    def ask(payload: bytes) -> bytes:
        (outcome,) = sandbox.run([Call("job_bench", "json", payload, 60.0)])
        if outcome.kind != "succeeded":
            raise SystemExit(f"The model did not answer: {outcome}")
        return bytes(outcome.output)

    return ask


@contextmanager
def neighbour() -> Iterator[Callable[[bytes], bytes]]:
    """A bare process beside this one that gives back what it is sent: what any second process costs at least."""
    command = [sys.executable, "-c", "import socket\ns = socket.socket(fileno=0)\nwhile d := s.recv(4096): s.send(d)"]
    ours, theirs = socket.socketpair()
    process = subprocess.Popen(command, stdin=theirs)
    theirs.close()

    def ask(payload: bytes) -> bytes:
        ours.send(payload)
        return ours.recv(4096)

    yield ask
    ours.close()
    process.wait()


def timed(act: Callable[[], Any]) -> float:
    """Seconds that it took."""
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun
