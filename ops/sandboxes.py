"""The sandboxes of an installation, as `make down` sees them: by their label, whatever process started them."""

from __future__ import annotations

import contextlib

import docker
import docker.errors
import requests

from ops.console import say
from ops.settings import Settings

OWNER_LABEL = "cloche.owner"


def remove_all(settings: Settings) -> int:
    """Remove every sandbox of this installation; how many. An engine that doesn't answer is said, not raised."""
    try:
        client = docker.from_env()
        found = client.containers.list(all=True, filters={"label": f"{OWNER_LABEL}={settings.data}"})
        for container in found:
            with contextlib.suppress(docker.errors.NotFound):
                container.remove(force=True)
    except (docker.errors.DockerException, requests.RequestException) as exc:
        say(f"the container engine does not answer, so sandboxes could not be looked for ({exc})")
        return 0
    return len(found)
