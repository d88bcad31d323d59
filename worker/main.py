"""``cloche-worker``: takes turns from RQ and serves them from sandboxes."""

from __future__ import annotations

import contextlib
import gc
import os
import secrets
import socket
import sys
from collections.abc import Sequence

import structlog

from store.logs import configure_logs
from worker.arguments import settings_from
from worker.presence import Presence
from worker.sandboxes import claim_devices, open_pool, refuse_other_runtimes

log = structlog.get_logger()


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM. Survives Redis and the engine going away and coming back."""
    gc.disable()  # until all is imported: nothing of that is garbage, and looking for some takes its time
    configure_logs()
    settings = settings_from(sys.argv[1:] if arguments is None else arguments)
    refuse_other_runtimes(settings)
    assert settings.run_dir is not None
    name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
    with contextlib.ExitStack() as stack:
        stack.callback(lambda: log.info("worker_stopped", worker=name))
        claims = claim_devices(settings)
        stack.callback(claims.release)
        presence = Presence(settings.run_dir / "workers", name)
        stack.callback(presence.release)
        pool = open_pool(settings)
        stack.callback(pool.close)
        # Late: most of a worker's start is this import, and the first sandbox comes up meanwhile.
        from worker import service

        gc.freeze()
        gc.enable()
        service.run(settings, name=name, pool=pool, presence=presence)


if __name__ == "__main__":
    main()
