"""A Redis image for machines without a registry: this machine's redis-server and the libraries it loads."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import docker

DOCKERFILE = """\
ARG BASE
FROM ${BASE}
COPY redis /redis
COPY redis-server /usr/local/bin/redis-server
WORKDIR /data
"""
# Started through its own loader, so that the base's C library may be older than this machine's.
WRAPPER = """\
#!/bin/sh
exec /redis/loader --library-path /redis /redis/redis-server "$@"
"""


def build(folder: Path, *, base: str, tag: str) -> None:
    """Build the image. Needs no network."""
    binary = shutil.which("redis-server")
    assert binary, "redis-server is not installed; run `make setup`"
    (folder / "redis").mkdir(parents=True)
    shutil.copy(binary, folder / "redis" / "redis-server")
    for library in libraries(Path(binary)):
        shutil.copy(library, folder / "redis" / library.name)
        if library.name.startswith("ld-"):
            shutil.copy(library, folder / "redis" / "loader")
    (folder / "redis-server").write_text(WRAPPER)
    (folder / "redis-server").chmod(0o755)
    (folder / "Dockerfile").write_text(DOCKERFILE)
    docker.from_env().images.build(path=str(folder), tag=tag, buildargs={"BASE": base}, rm=True)


def libraries(binary: Path) -> list[Path]:
    """What the dynamic loader would load, itself included."""
    listing = subprocess.run(["ldd", binary], check=True, capture_output=True, text=True).stdout
    words = (word for line in listing.splitlines() for word in line.split())
    return [Path(word) for word in words if word.startswith("/")]
