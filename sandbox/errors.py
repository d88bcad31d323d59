"""What can go wrong on our side of the wall.

SandboxError
├── EngineUnreachable   the container engine doesn't answer
├── ImageMissing        the runner image isn't built
├── RuntimeMissing      the engine doesn't know the runtime
├── GpuUnavailable      the engine, or the sandbox image, has no GPU to offer
├── GpuUnknown          what was named is no GPU
├── GpuTaken            another worker on this machine owns it
├── DevicesBusy         every GPU of the worker is taken
└── StartFailed         a blank sandbox did not come up
"""

from __future__ import annotations


class SandboxError(Exception):
    """Root of this package's errors: platform faults, never a tenant's."""

    code = "sandbox_error"


class EngineUnreachable(SandboxError):
    """The container engine doesn't answer."""

    code = "engine_unreachable"

    def __init__(self, detail: str) -> None:
        super().__init__(
            f"The container engine does not answer ({detail}). Start it, or set DOCKER_HOST to where it is."
        )


class ImageMissing(SandboxError):
    """The runner image isn't there."""

    code = "image_missing"

    def __init__(self, tag: str) -> None:
        self.tag = tag
        super().__init__(f"The sandbox image {tag} is not built. Run `make setup`.")


class RuntimeMissing(SandboxError):
    """The engine doesn't know the runtime that sandboxes are to be started with."""

    code = "runtime_missing"

    def __init__(self, name: str, *, known: tuple[str, ...]) -> None:
        self.name = name
        self.known = known
        super().__init__(
            f"The container engine has no runtime {name!r} (it has {', '.join(known) or 'none'}). "
            "Register it with the engine (`make setup GVISOR=1` does it for runsc), or change CLOCHE_SANDBOX_RUNTIME."
        )


class GpuUnavailable(SandboxError):
    """The engine has no GPU to give."""

    code = "gpu_unavailable"

    def __init__(self, detail: str = "") -> None:
        what = f"A sandbox can't use its GPU: {detail}" if detail else "The engine has no GPU to pass through."
        super().__init__(
            f"{what} Install the NVIDIA driver and container toolkit and the sandbox image for CUDA, "
            "or run workers without GPUs."
        )


class GpuUnknown(SandboxError):
    """What was named is no GPU."""

    code = "gpu_unknown"


class GpuTaken(SandboxError):
    """Another worker on this machine owns the GPU."""

    code = "gpu_taken"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The GPU {name} belongs to another worker on this machine. Name another one, or let that worker have more "
            "sandboxes on it with --gpu-share."
        )


class DevicesBusy(SandboxError):
    """Every GPU of this worker has as many sandboxes as its share allows."""

    code = "gpu_busy"

    def __init__(self, names: tuple[str, ...], *, share: int) -> None:
        super().__init__(f"Every GPU of this worker ({', '.join(names)}) is taken, {share} sandboxes on each.")


class StartFailed(SandboxError):
    """A blank sandbox did not come up."""

    code = "sandbox_start_failed"

    def __init__(self, detail: str) -> None:
        super().__init__(f"A blank sandbox did not come up: {detail}")
