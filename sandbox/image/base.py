"""The base image: here already, pulled, or made from Debian's packages where there is no registry."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import docker
import docker.errors

from sandbox.image import BASE
from sandbox.image.errors import BuildFailed

MADE_HERE = "cloche-base:bookworm"
Say = Callable[[str], None]


def ensure(client: docker.DockerClient, *, say: Say) -> str:
    """The name of a base image the engine holds; fetches or makes it where it doesn't."""
    for name in (BASE, MADE_HERE):
        if _present(client, name):
            say(f"base image: {name} is here")
            return name
    return _pull(client, say=say) or _bootstrap(client, say=say)


def _present(client: docker.DockerClient, name: str) -> bool:
    try:
        client.images.get(name)
    except docker.errors.ImageNotFound:
        return False
    return True


def _pull(client: docker.DockerClient, *, say: Say) -> str | None:
    say(f"base image: pulling {BASE}")
    try:
        repository, version = BASE.split(":")
        client.images.pull(repository, tag=version)
    except docker.errors.APIError as exc:
        say(f"base image: no registry answers ({str(exc.explanation)[:120]})")
        return None
    return BASE


def _bootstrap(client: docker.DockerClient, *, say: Say) -> str:
    program = _debootstrap(say)
    with tempfile.TemporaryDirectory(prefix="cloche-base-", dir=_roomy()) as name:
        root = Path(name) / "root"
        say("base image: making one from Debian's packages (a minute or two)")
        _run([program, "--force-check-gpg", "--variant=minbase", "--include=python3", "bookworm", str(root)])
        _trim(root)
        archive = Path(name) / "root.tar"
        _run(["tar", "--numeric-owner", "--one-file-system", "-C", str(root), "-cf", str(archive), "."])
        say(f"base image: importing it as {MADE_HERE}")
        repository, version = MADE_HERE.split(":")
        client.api.import_image_from_file(str(archive), repository=repository, tag=version)
    return MADE_HERE


def _roomy() -> str:
    """A folder where device files may be made: debootstrap needs it, and /tmp is often mounted without."""
    return "/var/tmp"  # noqa: S108 - a fresh folder with a random name is made in it


def _debootstrap(say: Say) -> str:
    how = f"Pull {BASE} where a registry can be reached and load it here (`docker save`, `docker load`)."
    if os.geteuid() != 0:
        raise BuildFailed(f"There is no base image, and making one takes root. {how}")
    if program := shutil.which("debootstrap"):
        return program
    if shutil.which("apt-get"):
        say("base image: installing debootstrap")
        # The keyring is another package on Ubuntu; without it nothing could be verified.
        install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", "debootstrap", "debian-archive-keyring"]
        try:
            _run(install)
        except BuildFailed:  # the lists of packages may be missing or old
            _run(["apt-get", "update", "-q"])
            _run(install)
    if program := shutil.which("debootstrap"):
        return program
    raise BuildFailed(f"There is no base image, and debootstrap can't be installed. {how}")


def _run(command: list[str]) -> None:
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin"}
    done = subprocess.run(command, check=False, text=True, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise BuildFailed(f"`{command[0]}` failed while making the base image: {done.stdout.strip()[-800:]}")


def _trim(root: Path) -> None:
    """Drop what only installing needs, and what a model could misuse: set-uid programs lose the bit."""
    for name in ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale", "var/log"):
        shutil.rmtree(root / name, ignore_errors=True)
    for path in root.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.stat().st_mode & 0o6000:
            path.chmod(path.stat().st_mode & 0o777)
