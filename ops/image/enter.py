"""The worker's way in: started as root, it gives root up before it does anything else.

The engine's socket belongs to a group whose number differs from machine to machine, so no image
and no compose file can name it. It is read here, kept as the one extra group, and the rest is dropped.
Whoever may use that socket can become root on the host: this keeps the data's owner one and the same,
it is no wall around the worker.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

USER = 65532


def main() -> None:
    """Become USER with the socket's group, own the run folder, and turn into the command given."""
    groups = socket_groups(os.environ.get("DOCKER_HOST", ""))
    run_dir = os.environ.get("CLOCHE_RUN_DIR")
    if run_dir:
        os.chown(run_dir, USER, USER)
    os.setgroups(groups)
    os.setgid(USER)
    os.setuid(USER)
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 - the compose file's own words


def socket_groups(docker_host: str) -> list[int]:
    """The group that may use the engine's socket; none where the engine is reached over the network."""
    url = urlsplit(docker_host or "unix:///var/run/docker.sock")
    if url.scheme != "unix":
        return []
    try:
        return [Path(url.path).stat().st_gid]
    except OSError:
        return []


if __name__ == "__main__":
    main()
