"""The container engine: one client, made anew after it failed, and its errors in our words."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import docker
import docker.errors
import requests

from sandbox.errors import EngineUnreachable, GpuUnavailable, ImageMissing, StartFailed

_TIMEOUT_SECONDS = 30
_NO_GPU_DRIVER = "could not select device driver"
_GPU_SIGNS = ("nvidia-container-cli", "nvidia-container-runtime", "failed to inject CDI devices")


class Engine:
    """The engine ``DOCKER_HOST`` names. Thread-safe; an engine that comes back is found again by itself."""

    def __init__(self) -> None:
        self._client: docker.DockerClient | None = None
        self._lock = threading.Lock()

    def close(self) -> None:
        """Drop the connections."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    @contextlib.contextmanager
    def client(self) -> Iterator[docker.DockerClient]:
        """A client to use at once; connection faults in the block become EngineUnreachable."""
        try:
            yield self._connected()
        except docker.errors.APIError:
            raise
        except (docker.errors.DockerException, requests.RequestException, OSError) as exc:
            self.close()
            raise EngineUnreachable(_short(exc)) from exc

    def ping(self) -> None:
        """Raise EngineUnreachable unless it answers."""
        try:
            with self.client() as client:
                client.ping()
        except docker.errors.APIError as exc:
            raise EngineUnreachable(_short(exc)) from exc

    def launch(self, options: dict[str, Any]) -> str:
        """Create and start a container; its id. A container that can't start is removed again."""
        with self.client() as client:
            try:
                made = client.containers.create(**options)
            except docker.errors.ImageNotFound as exc:
                raise ImageMissing(options["image"]) from exc
            except docker.errors.APIError as exc:
                raise StartFailed(_short(exc)) from exc
            container_id = str(made.id)
            try:
                client.api.start(container_id)
            except docker.errors.APIError as exc:
                self.remove(container_id)
                raise _start_error(exc) from exc
        return container_id

    def remove(self, container_id: str) -> None:
        """Kill and remove, whatever its state. Safe to call twice."""
        with self.client() as client:
            try:
                client.api.remove_container(container_id, force=True, v=True)
            except docker.errors.NotFound:
                return
            except docker.errors.APIError as exc:
                if exc.status_code != 409:  # 409: its removal is already in progress
                    raise EngineUnreachable(_short(exc)) from exc

    def kill(self, container_id: str) -> None:
        """SIGKILL to everything in it. A container that is already dead is fine."""
        with self.client() as client, contextlib.suppress(docker.errors.APIError):
            client.api.kill(container_id)

    def limit(self, container_id: str, resources: dict[str, Any]) -> None:
        """Set memory and CPU of a running container. Raises docker's APIError when the engine refuses."""
        with self.client() as client:
            client.api.update_container(container_id, **resources)

    def state(self, container_id: str) -> dict[str, Any] | None:
        """The engine's ``State`` of a container, None when it is gone."""
        with self.client() as client:
            try:
                return dict(client.api.inspect_container(container_id)["State"])
            except docker.errors.NotFound:
                return None

    def log_tail(self, container_id: str, *, lines: int = 40) -> str:
        """The last lines the container printed before it was bound."""
        with self.client() as client:
            try:
                data = client.api.logs(container_id, tail=lines)
            except docker.errors.APIError:
                return ""
        return bytes(data)[-8_000:].decode("utf-8", "replace")

    def processes(self, container_id: str) -> tuple[int, int]:
        """How many processes and threads it holds now, and how many it may."""
        with self.client() as client:
            stats = client.api.stats(container_id, stream=False, one_shot=True).get("pids_stats", {})
        return int(stats.get("current", 0)), int(stats.get("limit", 0) or 0)

    def cpu_seconds(self, container_id: str) -> float:
        """The processor time it has used since it was started; 0 where the engine doesn't know."""
        with self.client() as client:
            stats = client.api.stats(container_id, stream=False, one_shot=True).get("cpu_stats", {})
        return int(stats.get("cpu_usage", {}).get("total_usage", 0)) / 1e9

    def labelled(self, labels: list[str]) -> list[tuple[str, dict[str, str]]]:
        """Id and labels of every container, running or not, with these labels."""
        with self.client() as client:
            found = client.api.containers(all=True, filters={"label": labels})
        return [(entry["Id"], dict(entry["Labels"])) for entry in found]

    def _connected(self) -> docker.DockerClient:
        with self._lock:
            if self._client is None:
                self._client = docker.from_env(timeout=_TIMEOUT_SECONDS)
            return self._client


def _start_error(exc: docker.errors.APIError) -> GpuUnavailable | StartFailed:
    text = _short(exc)
    if _NO_GPU_DRIVER in text:
        return GpuUnavailable()
    return GpuUnavailable(f"{text}.") if any(sign in text for sign in _GPU_SIGNS) else StartFailed(text)


def _short(exc: BaseException) -> str:
    return str(getattr(exc, "explanation", None) or exc)[:300]
