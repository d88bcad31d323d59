"""The sandbox's GPU, where it has one: all that the runner does with CUDA.

``cuda`` is ``torch.cuda`` but for tests on machines without a GPU. CUDA runs asynchronously: what a call started is
waited for before it is answered, so that a fault is told to the call that made it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Literal

import torch

from sandbox.runner import tenant
from sandbox.runner.staging import Copies, Mark, Stager

CONTROL_FILE = "/dev/nvidiactl"  # there in a container that was given a GPU
Ending = Literal["out_of_memory", "crashed"]

# CUDA's libraries say it in these words where torch has no type for it.
_OUT_OF_MEMORY = ("CUDA error: out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED")
_FAULTED = ("CUDA error", "CUDNN_STATUS_EXECUTION_FAILED", "CUDNN_STATUS_INTERNAL_ERROR")


class CudaCopies:
    """Copies to one device, on the current stream of torch's CUDA."""

    def __init__(self, device: torch.device) -> None:
        self._device = device

    def has(self, tensor: torch.Tensor) -> bool:
        """See ``Copies``."""
        return tensor.device == self._device

    def like(self, tensor: torch.Tensor) -> torch.Tensor:
        """See ``Copies``."""
        return torch.empty_like(tensor, device=self._device)

    def plainly(self, tensor: torch.Tensor) -> torch.Tensor:
        """See ``Copies``."""
        return tensor.to(self._device)

    def pinned(self, size_bytes: int) -> torch.Tensor:
        """See ``Copies``."""
        return torch.empty(size_bytes, dtype=torch.uint8, pin_memory=True)

    def begin(self, target: torch.Tensor, source: torch.Tensor) -> None:
        """See ``Copies``."""
        target.copy_(source, non_blocking=True)

    def mark(self) -> Mark:
        """See ``Copies``."""
        event: Any = torch.cuda.Event()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        event.record()
        mark: Mark = event
        return mark


class Gpu:
    """The one GPU of this sandbox."""

    def __init__(self, cuda: Any = torch.cuda, *, device: str = "cuda:0", copies: Copies | None = None) -> None:
        self._cuda = cuda
        self._device = torch.device(device)
        self._copies = copies or CudaCopies(self._device)

    def warm_up(self) -> None:
        """Make the context and the handles that the first answer would pay for, half a second and more.

        Raises what CUDA raises where the GPU can't be used.
        """
        with torch.inference_mode():
            x = torch.ones(8, 8, device=self._device)
            torch.nn.functional.relu(x @ x).tolist()
        self.synchronize()

    def limit(self, memory_bytes: int) -> None:
        """Let torch allocate at most so much of the device; its context, and what is allocated past it, come on top."""
        total_bytes = self._cuda.get_device_properties(self._device).total_memory
        self._cuda.set_per_process_memory_fraction(min(1.0, memory_bytes / total_bytes), self._device)

    def put(self, model: torch.nn.Module) -> None:
        """Move parameters and buffers to the device, and wait until they are there."""
        stager = Stager(self._copies)
        # What Module.to does, with another copy: modules that know better (RNNs pack their weights) are heard.
        model._apply(stager.move)  # type: ignore[no-untyped-call]  # likewise
        stager.finish()
        self.synchronize()

    def answering(self, predict: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """``predict``, which returns when the device has done all it was told, and raises what went wrong there."""

        def answer(value: Any) -> Any:
            output = predict(value)
            self.synchronize()
            return output

        return answer

    def synchronize(self) -> None:
        """Wait for the device. Raises what went wrong on it since the last time."""
        self._cuda.synchronize(self._device)

    def ending(self, exc: BaseException) -> Ending | None:
        """What an exception means for this process: None where the device is as before, and the next call may run.

        After a fault (an assertion on the device, an illegal address) every later use of the device fails.
        """
        if isinstance(exc, RuntimeError):
            text = tenant.message(exc)
            if isinstance(exc, torch.OutOfMemoryError) or any(sign in text for sign in _OUT_OF_MEMORY):
                return "out_of_memory"
            if isinstance(exc, torch.AcceleratorError) or any(sign in text for sign in _FAULTED):
                return "crashed"
        try:
            self.synchronize()
        except BaseException:  # the model caught the fault, or something else went wrong meanwhile
            return "crashed"
        return None


def find() -> tuple[Gpu | None, str]:
    """The GPU, warmed up; or None, and, where there should be one, a sentence that says why it can't be used."""
    if not os.path.exists(CONTROL_FILE):
        return None, ""
    if torch.version.cuda is None:
        return None, f"PyTorch {torch.__version__} in this image has no CUDA; build the image with one that has."
    try:
        # A sandbox starts with nothing compiled and ends with all of it: keeping it would only fill the scratch space.
        os.environ["CUDA_CACHE_DISABLE"] = "1"
        gpu = Gpu()
        gpu.warm_up()
    except Exception as exc:  # whatever CUDA says: there is no one list
        return None, f"CUDA can't be used: {tenant.message(exc)}"
    return gpu, ""
