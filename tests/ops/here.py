"""An installation of the tests' own: its data, its port, its processes."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Here:
    """Where one installation lives, and how to drive it as a person does."""

    folder: Path
    port: int
    workers: int = 1

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def run_dir(self) -> Path:
        return self.folder / "run"

    @property
    def owner(self) -> str:
        """What its containers are labelled with."""
        return hashlib.sha256(str(self.run_dir).encode()).hexdigest()[:12]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def env(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("CLOCHE_")}
        return inherited | {
            "CLOCHE_DATA": str(self.data),
            "CLOCHE_RUN_DIR": str(self.run_dir),
            "CLOCHE_PORT": str(self.port),
            "CLOCHE_WORKERS": str(self.workers),
        }

    def run(self, verb: str, **more: str) -> subprocess.CompletedProcess[str]:
        """`python -m ops.engine VERB`, which is what `make VERB` runs."""
        command = [ROOT / ".venv/bin/python", "-m", "ops.engine", verb]
        return subprocess.run(command, cwd=ROOT, env=self.env | more, capture_output=True, text=True, timeout=300)

    def pids(self) -> dict[str, int]:
        """What the table of `make status` says runs."""
        lines = [line.split() for line in self.run("status").stdout.splitlines()[1:]]
        return {line[0]: int(line[2]) for line in lines if line[1] == "running"}
