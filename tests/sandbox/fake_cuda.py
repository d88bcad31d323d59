"""A CUDA of the tests' own, on machines without a GPU: what it must promise, and what can go wrong on it.

Copies run late, as CUDA's do: what begins is done when somebody waits for it, and not before. As a program it is a
runner that takes this for its GPU: ``python fake_cuda.py SOCKET``.
"""

from __future__ import annotations

import functools
import sys
from types import SimpleNamespace

import torch

TOTAL_BYTES = 10 * 2**30
MODEL_BYTES = 2**20  # what torch may allocate here, whatever the limit says


class Pending:
    """A point in the order of copies."""

    def __init__(self, copies: LateCopies, count: int) -> None:
        self._copies = copies
        self._count = count

    def synchronize(self) -> None:
        """Do the copies begun before."""
        self._copies.do(self._count)


class LateCopies:
    """Copies within the host's memory that run when they are waited for, from the source as it is then."""

    def __init__(self, *, room_bytes: int = 2**40) -> None:
        self.there: dict[int, torch.Tensor] = {}
        self.pinned_bytes: list[int] = []
        self.room_bytes = room_bytes
        self._begun: list[tuple[torch.Tensor, torch.Tensor]] = []
        self._done = 0

    def has(self, tensor: torch.Tensor) -> bool:
        return tensor.layout == torch.strided and tensor.data_ptr() in self.there

    def like(self, tensor: torch.Tensor) -> torch.Tensor:
        self.room_bytes -= tensor.nbytes
        if self.room_bytes < 0:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate more than is allowed.")
        target = torch.empty_like(tensor)
        target.detach().reshape(-1).view(torch.uint8).fill_(0xA5)  # what nobody wrote is not zero
        self.there[target.data_ptr()] = target
        return target

    def plainly(self, tensor: torch.Tensor) -> torch.Tensor:
        target = tensor.clone()
        if tensor.layout == torch.strided:
            self.there[target.data_ptr()] = target
        return target

    def pinned(self, size_bytes: int) -> torch.Tensor:
        self.pinned_bytes.append(size_bytes)
        return torch.empty(size_bytes, dtype=torch.uint8)

    def begin(self, target: torch.Tensor, source: torch.Tensor) -> None:
        self._begun.append((target, source))

    def mark(self) -> Pending:
        return Pending(self, len(self._begun))

    def do(self, count: int) -> None:
        for target, source in self._begun[self._done : count]:
            target.copy_(source)
        self._done = max(self._done, count)


class FakeCuda:
    """The part of ``torch.cuda`` that the runner calls. ``torch.pending_fault`` is what the next wait finds."""

    def __init__(self) -> None:
        self.fraction = 1.0
        self.fault: BaseException | None = None
        self.waits = 0

    def get_device_properties(self, _: torch.device) -> SimpleNamespace:
        return SimpleNamespace(total_memory=TOTAL_BYTES)

    def set_per_process_memory_fraction(self, fraction: float, _: torch.device) -> None:
        self.fraction = torch.memory_fraction = fraction

    def synchronize(self, _: torch.device) -> None:
        self.waits += 1
        self.fault = self.fault or getattr(torch, "pending_fault", None)  # and it never goes away again
        if self.fault is not None:
            raise self.fault


def main() -> int:
    """Run the runner with this for its GPU."""
    from sandbox.runner import gpu, serve

    serve.SOCKET_PATH = sys.argv[1]
    gpu.CONTROL_FILE = "/dev/null"
    torch.version.cuda = "13.0"
    gpu.Gpu = functools.partial(gpu.Gpu, FakeCuda(), device="cpu", copies=LateCopies(room_bytes=MODEL_BYTES))
    return serve.main()


if __name__ == "__main__":
    sys.exit(main())
