"""What a worker reads from its environment."""

from __future__ import annotations

from pydantic import Field

from policies.limits import GIB
from store.settings import StoreSettings

MOST_SHARES = 64  # of one GPU: more contexts than that have room on none


class WorkerSettings(StoreSettings):
    """``CLOCHE_*`` for workers. Read by the entry point only."""

    sandbox_runtime: str | None = None  # the engine's default when empty; "runsc" for gVisor
    require_runtime: str | None = None  # refuse to start, and to start any sandbox, under another than this
    sandbox_image: str | None = None  # the tag computed from the image's contents when empty
    blanks: int = Field(default=1, ge=0, le=64)  # blank sandboxes kept ready
    memory_budget_bytes: int = Field(default=8 * GIB, gt=0)  # of all sandboxes of this worker together
    slice_seconds: float = Field(default=0.2, gt=0)  # a turn's length when others wait
    linger_seconds: float = Field(default=10.0, ge=0)  # how long an idle turn keeps its place when nobody waits
    grace_seconds: float = Field(default=10.0, ge=0)  # what runs at SIGTERM may take this long to finish
    gpus: str = ""  # comma-separated devices of a GPU worker, or "all"
    gpu_share: int = Field(default=1, ge=1, le=MOST_SHARES)  # sandboxes that may live on one GPU at once
