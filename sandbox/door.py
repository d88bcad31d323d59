"""The socket a starting container dials: one folder, one listener, one connection, then the door is gone."""

from __future__ import annotations

import contextlib
import shutil
import socket
from pathlib import Path

_NAME = "host.sock"


class Door:
    """Listens in ``folder`` until the first connection. The folder is mounted read-only in the container."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o711)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._listener.bind(str(folder / _NAME))
            # Its user is nobody's on the host: reaching the folder is what is guarded (it lies in one of the worker's
            # alone, and the engine mounts it as root), not the socket.
            (folder / _NAME).chmod(0o666)
            folder.chmod(0o755)
            self._listener.listen(1)
        except BaseException:
            self.close()
            raise

    def accept(self, *, seconds: float) -> socket.socket | None:
        """The container's connection, or None when it didn't come in time."""
        self._listener.settimeout(seconds)
        try:
            connection, _ = self._listener.accept()
        except TimeoutError:
            return None
        return connection

    def shut(self) -> None:
        """Nobody else comes in. The folder stays: it is still mounted."""
        self._listener.close()
        (self.folder / _NAME).unlink(missing_ok=True)

    def close(self) -> None:
        """Shut, and remove the folder. Safe to call twice."""
        with contextlib.suppress(OSError):
            self.shut()
        shutil.rmtree(self.folder, ignore_errors=True)
