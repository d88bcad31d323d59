"""The Python packages of the image: fetched by the host's pip for the image's Python, then stripped."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from sandbox.image import PYTHON, pins
from sandbox.image.errors import BuildFailed

# Never imported at run time, and 400 MB of 825.
_STRIPPED = (
    "torch/test",  # C++ test programs
    "torch/include",  # headers for building extensions
    "torch/share",
    "torch/lib/libbackend_with_compiler.so",  # libraries of torch's own tests
    "torch/lib/libjitbackend_test.so",
    "torch/lib/libtorchbind_test.so",
    "torch/lib/libaoti_custom_ops.so",
    "setuptools",  # only torch.utils.cpp_extension wants it: there is no compiler in the image
    "_distutils_hack",
    "distutils-precedence.pth",
    "torch/testing/_internal/py312_intrinsics.py",  # grammar newer than the image's Python
    "bin",
    "share",
)


def site_packages(cache: Path) -> Path:
    """A folder with exactly the pinned packages, stripped. Fetched once, then taken from ``cache``."""
    folder = cache / f"site-{_digest()}"
    if not folder.is_dir():
        partial = cache / f"{folder.name}.partial-{os.getpid()}"
        shutil.rmtree(partial, ignore_errors=True)
        try:
            _install(partial)
            _strip(partial)
            partial.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return folder


def _digest() -> str:
    digest = hashlib.sha256(f"{PYTHON}{pins()}{platform.machine()}".encode())
    digest.update(Path(__file__).read_bytes())
    return digest.hexdigest()[:12]


def _install(target: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--only-binary=:all:"]
    command += ["--no-warn-conflicts", "--disable-pip-version-check", "--target", str(target)]
    if not _host_has_the_same_python():
        command += ["--implementation", "cp", "--python-version", PYTHON]
        command += [part for name in _platforms() for part in ("--platform", name)]
    done = subprocess.run([*command, *pins()], check=False, text=True, stderr=subprocess.PIPE)
    if done.returncode:
        raise BuildFailed(f"pip could not fetch the image's packages: {done.stderr.strip()[-800:]}")


def _host_has_the_same_python() -> bool:
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    return own == PYTHON and platform.system() == "Linux" and platform.libc_ver()[0] == "glibc"


def _platforms() -> list[str]:
    """Every manylinux tag that bookworm's glibc 2.36 can load, newest first."""
    machine = {"arm64": "aarch64", "AMD64": "x86_64"}.get(platform.machine(), platform.machine())
    return [f"manylinux_2_{minor}_{machine}" for minor in range(36, 16, -1)] + [f"manylinux2014_{machine}"]


def _strip(site: Path) -> None:
    for name in _STRIPPED:
        _remove(site / name)
    for program in (site / "torch" / "bin").glob("*"):
        if program.name != "torch_shm_manager":  # torch refuses to be imported without this one
            _remove(program)
    for tests in [*site.glob("numpy/**/tests"), *site.glob("sympy/**/tests"), *site.glob("networkx/**/tests")]:
        _remove(tests)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
