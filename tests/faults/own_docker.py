"""A container engine of a stand's own, to be killed at will: the machine's is never touched."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ops import dockerd, proc
from tests.ops import second


class OwnDocker:
    """One dockerd with the runner's image, in a folder of its own. Takes root."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = second.in_a_network_of_its_own(folder / "bin")
        self._daemon = second.apart(folder)
        self.host = self._daemon.host

    def start(self) -> None:
        """Start it, over whatever a killed one left, and wait until it answers."""
        before = os.environ["PATH"]
        os.environ["PATH"] = f"{self._path}:{before}"
        try:
            dockerd.start(self._daemon)
        finally:
            os.environ["PATH"] = before

    def load(self, image: str) -> None:
        """Give it an image of the machine's engine."""
        with subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE) as saved:
            subprocess.run(["docker", "--host", self.host, "load"], stdin=saved.stdout, check=True, capture_output=True)

    def kill(self) -> None:
        """kill -9 of the dockerd; its containers and its containerd go on."""
        second.end(self._process(), signal.SIGKILL)

    def close(self) -> None:
        """Stop it and remove everything of it."""
        with contextlib.suppress(OSError, ValueError):
            second.end(self._process(), signal.SIGTERM)
        second.remove(self._folder)

    def _process(self) -> proc.Proc:
        found = proc.Proc.of(int(self._daemon.pid_file.read_text()))
        if found is None:
            raise ProcessLookupError(self._daemon.pid_file)
        return found


@contextlib.contextmanager
def own_docker(image: str) -> Iterator[OwnDocker]:
    """A running one that has the image."""
    made = OwnDocker(Path(tempfile.mkdtemp(prefix="cl-", dir="/var/tmp")))
    try:
        made.start()
        made.load(image)
        yield made
    finally:
        made.close()
