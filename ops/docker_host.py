"""Where the container engine listens, and whether it answers. Standard library alone: set-up runs before pip."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

DEFAULT = "unix:///var/run/docker.sock"


def chosen() -> str:
    """``DOCKER_HOST``, or the engine's default socket."""
    return os.environ.get("DOCKER_HOST") or DEFAULT


def is_default(host: str) -> bool:
    """True for the socket a daemon started here would listen on."""
    return host in (DEFAULT, "unix:///run/docker.sock")


def trouble(host: str, *, timeout_seconds: float = 5.0) -> str | None:
    """Why the engine doesn't answer, in a few words; None when it does."""
    url = urlsplit(host)
    if url.scheme == "unix":
        return _ping(UnixConnection(Path(url.path), timeout_seconds=timeout_seconds))
    if url.scheme in ("tcp", "http") and url.hostname and not os.environ.get("DOCKER_TLS_VERIFY"):
        return _ping(http.client.HTTPConnection(url.hostname, url.port or 2375, timeout=timeout_seconds))
    return _ask_client(host, timeout_seconds=timeout_seconds)


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: Path, *, timeout_seconds: float) -> None:
        super().__init__("localhost", timeout=timeout_seconds)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket instead of a port."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _ping(connection: http.client.HTTPConnection) -> str | None:
    try:
        connection.request("GET", "/_ping")
        answer = connection.getresponse()
        return None if answer.status == 200 else f"it answered with HTTP status {answer.status}"
    except PermissionError:
        return "permission denied: you are not in the group that may use it, usually `docker`"
    except FileNotFoundError:
        return "nothing listens there"
    except (OSError, http.client.HTTPException) as exc:
        return str(exc) or type(exc).__name__
    finally:
        connection.close()


def _ask_client(host: str, *, timeout_seconds: float) -> str | None:
    """ssh and TLS are the docker client's business."""
    client = shutil.which("docker")
    if client is None:
        return "only the `docker` client can reach it, and it isn't installed"
    command = [client, "--host", host, "version", "--format", "{{.Server.Version}}"]
    try:
        answer = subprocess.run(command, check=False, capture_output=True, text=True, timeout=timeout_seconds * 4)
    except subprocess.TimeoutExpired:
        return "no answer in time"
    return None if answer.returncode == 0 else (answer.stderr.strip() or "no answer").splitlines()[-1]
