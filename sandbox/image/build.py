"""``python -m sandbox.image.build``: make the runner image unless the engine already has it."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import docker
import docker.errors
import requests

from sandbox.image import IMAGE_DIR, base, runner_files, tag
from sandbox.image.errors import BuildFailed
from sandbox.image.packages import site_packages


def main() -> int:
    """Build the image if it is missing; 0 when it is there at the end."""
    try:
        build(say=lambda line: print(line, flush=True))
    except BuildFailed as exc:
        print(f"error: {exc}", file=sys.stderr)
        return 1
    return 0


def build(*, say: base.Say, cache: Path | None = None) -> str:
    """The image's tag, after making sure that the engine has it. Raises BuildFailed with what to do."""
    name = tag()
    try:
        client = docker.from_env(timeout=600)
        if client.images.list(name=name):
            say(f"sandbox image: {name} is here")
            return name
        base_name = base.ensure(client, say=say)
        say("sandbox image: fetching the packages (once)")
        site = site_packages(cache or default_cache())
        say(f"sandbox image: building {name}")
        started = time.monotonic()
        _build(client, name=name, base_name=base_name, site=site)
        say(f"sandbox image: {name} built in {time.monotonic() - started:.0f} s")
    except docker.errors.BuildError as exc:
        raise BuildFailed(f"The engine could not build the image: {exc.msg}") from exc
    except (docker.errors.DockerException, requests.RequestException) as exc:
        raise BuildFailed(f"The container engine does not answer ({exc}). Start it, or set DOCKER_HOST.") from exc
    return name


def default_cache() -> Path:
    """``CLOCHE_CACHE``, else ``~/.cache/cloche``."""
    return Path(os.environ.get("CLOCHE_CACHE") or Path.home() / ".cache" / "cloche").absolute()


def _build(client: docker.DockerClient, *, name: str, base_name: str, site: Path) -> None:
    """The classic builder: the context is a folder beside the cache, hard-linked so that nothing is copied."""
    with tempfile.TemporaryDirectory(prefix="context-", dir=site.parent) as folder:
        context = Path(folder)
        shutil.copytree(site, context / "site", copy_function=os.link)
        package = context / "app" / "sandbox"
        (package / "runner").mkdir(parents=True)
        (package / "__init__.py").write_text("")
        for path in runner_files():
            shutil.copy2(path, package / "runner" / path.name)
        shutil.copy2(IMAGE_DIR / "Dockerfile", context / "Dockerfile")
        client.images.build(
            path=str(context), tag=name, buildargs={"BASE": base_name}, network_mode="none", rm=True, forcerm=True
        )


if __name__ == "__main__":
    sys.exit(main())
