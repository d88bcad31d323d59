"""The command line of ``cloche-worker``: what stands there wins over the environment."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from sandbox import devices
from sandbox.errors import GpuUnknown
from worker.settings import MOST_SHARES, WorkerSettings


def settings_from(arguments: Sequence[str]) -> WorkerSettings:
    """The settings of this process, with its GPUs resolved. Ends it with one sentence where they can't be."""
    parser = argparse.ArgumentParser(prog="cloche-worker", description="Serve versions from sandboxes until SIGTERM.")
    gpu_help = "own this GPU: an index, a UUID, or all (repeatable); such a worker serves versions that ask for a GPU"
    parser.add_argument("--gpu", action="append", default=[], metavar="DEVICE", help=gpu_help)
    share_help = "how many sandboxes may live on one GPU at once (1)"
    parser.add_argument("--gpu-share", type=int, metavar="N", help=share_help)
    given = parser.parse_args(arguments)
    read = WorkerSettings()
    try:
        names = devices.resolve(given.gpu or [read.gpus])
    except GpuUnknown as exc:
        sys.exit(f"cloche-worker: {exc}")
    if given.gpu and not names:
        parser.error("--gpu takes a device")
    if given.gpu_share is not None and not 1 <= given.gpu_share <= MOST_SHARES:
        parser.error(f"--gpu-share takes 1 to {MOST_SHARES}")
    settings = read.resolved()
    assert isinstance(settings, WorkerSettings)
    return settings.model_copy(update={"gpus": ",".join(names), "gpu_share": given.gpu_share or read.gpu_share})
