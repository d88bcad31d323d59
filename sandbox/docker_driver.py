"""Starts sandboxes as Docker containers."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from pathlib import Path

from policies.limits import Limits
from sandbox import hardening, runtimes, worker_lock
from sandbox.channel import Channel
from sandbox.devices import Devices
from sandbox.docker_sandbox import DockerSandbox
from sandbox.door import Door
from sandbox.engine import Engine
from sandbox.errors import GpuUnavailable, StartFailed
from sandbox.messages import Closed, Hello, Violated
from sandbox.remover import Remover
from sandbox.runner.frames import PROTOCOL

OWNER_LABEL = "cloche.owner"
WORKER_LABEL = "cloche.worker"
_START_SECONDS = 120.0  # importing torch from a cold disk on a busy machine; a second when warm
_LOOK_SECONDS = 0.25  # how often a container that hasn't dialled is looked at


class DockerDriver:
    """The engine's containers of one worker process, all hardened alike.

    ``owner`` is the installation's name: ``sweep`` removes what dead workers of the same installation
    left. ``run_dir`` must be the same path for this process and for the engine, and short: a unix
    socket's path ends at 107 bytes. ``runtime`` is the engine's default when None; the engine is asked once
    what it is, and every container names it. With ``devices`` every sandbox gets exactly one of them, and no more
    sandboxes live at once than there are places.
    """

    def __init__(
        self,
        *,
        run_dir: Path,
        image: str,
        owner: str,
        runtime: str | None = None,
        devices: Devices | None = None,
        blank_limits: Limits | None = None,
    ) -> None:
        self._run_dir = run_dir.resolve()
        self._image = image
        self._owner = owner
        self._wanted_runtime = runtime
        self._runtime: runtimes.Runtime | None = None
        self._devices = devices
        self._blank_limits = blank_limits or Limits()
        self._engine = Engine()
        self._remover = Remover(self._engine)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._worker: worker_lock.WorkerLock | None = None

    def start(self, limits: Limits | None = None) -> DockerSandbox:
        """A blank sandbox. Raises EngineUnreachable, RuntimeMissing, ImageMissing or StartFailed.

        With devices also GpuUnavailable, and DevicesBusy when none of them becomes free.
        """
        limits = limits or self._blank_limits
        runtime = self.runtime()
        worker = self._joined()
        device = self._devices.take() if self._devices else None
        door = Door(worker.folder / str(next(self._numbers)))

        def gone() -> None:
            door.close()
            if self._devices and device is not None:
                self._devices.give_back(device)

        try:
            options = self._options(door, worker.name, limits=limits, runtime=runtime, device=device)
            container_id = self._engine.launch(options)
        except BaseException:
            self._runtime = None  # it may be what is wrong: asked anew next time
            gone()
            raise
        try:
            channel = self._greeted(door, container_id, on_gpu=device is not None)
        except BaseException:
            self._remover.submit(container_id, gone)
            raise
        return DockerSandbox(
            container_id,
            channel=channel,
            engine=self._engine,
            limits=limits,
            on_gone=lambda: self._remover.submit(container_id, gone),
            device=device,
        )

    def runtime(self) -> runtimes.Runtime:
        """What sandboxes are started with. Raises RuntimeMissing and EngineUnreachable."""
        if self._runtime is None:
            self._runtime = runtimes.resolve(self._engine, self._wanted_runtime)
        return self._runtime

    def adjustable(self, limits: Limits) -> bool:
        """False where the runtime can't change a running container and these limits aren't the blank ones'."""
        usual = hardening.resources(limits) == hardening.resources(self._blank_limits)
        hopeless = limits.memory_bytes < hardening.FLOOR_BYTES  # no sandbox comes up with so little: binding says so
        return usual or hopeless or self.runtime().limits_can_change

    @property
    def places(self) -> int | None:
        """As many as its devices have; without any, None."""
        return self._devices.places if self._devices else None

    def ping(self) -> None:
        """Raise EngineUnreachable when the engine doesn't answer."""
        self._engine.ping()

    def sweep(self) -> int:
        """Remove what dead workers of this installation left, and what could not be removed before."""
        self._remover.retry()
        removed = 0
        for container_id, labels in self._engine.labelled([f"{OWNER_LABEL}={self._owner}"]):
            name = labels.get(WORKER_LABEL, "")
            if not self._is_own(name) and worker_lock.dead(self._run_dir, name):
                self._engine.remove(container_id)
                removed += 1
        for name in worker_lock.known(self._run_dir):
            if not self._is_own(name) and worker_lock.dead(self._run_dir, name):
                worker_lock.forget(self._run_dir, name)
        return removed

    def close(self) -> None:
        """Wait until every destroyed sandbox is removed, then let go of the run folder. Safe to call twice."""
        self._remover.close()
        with self._lock:
            worker, self._worker = self._worker, None
        if worker is not None:
            worker.release()
        self._engine.close()

    def _joined(self) -> worker_lock.WorkerLock:
        with self._lock:
            if self._worker is None:
                self._worker = worker_lock.WorkerLock(self._run_dir)
            return self._worker

    def _is_own(self, name: str) -> bool:
        with self._lock:
            return self._worker is not None and self._worker.name == name

    def _options(
        self, door: Door, worker: str, *, limits: Limits, runtime: runtimes.Runtime, device: str | None
    ) -> dict[str, object]:
        extra: dict[str, object] = {"runtime": runtime.name}
        if device is not None:
            extra["device_requests"] = hardening.gpu(device)
        return hardening.container(
            image=self._image,
            socket_folder=door.folder,
            limits=limits,
            gvisor=runtime.gvisor,
            labels={OWNER_LABEL: self._owner, WORKER_LABEL: worker},
            **extra,
        )

    def _greeted(self, door: Door, container_id: str, *, on_gpu: bool) -> Channel:
        """The channel to a runner that said hello, and that it can use its GPU if it is to have one."""
        deadline = time.monotonic() + _START_SECONDS
        channel = Channel(self._dialled(door, container_id, deadline=deadline))
        try:
            frame = channel.receive(deadline=deadline, body_max_bytes=0)
        except (Closed, Violated) as exc:
            raise self._failure(container_id, "the runner hung up") from exc
        hello = frame[0] if frame is not None else None
        if not isinstance(hello, Hello) or hello.protocol != PROTOCOL:
            channel.close()
            raise self._failure(container_id, "the runner of this image speaks another protocol; run `make setup`")
        if on_gpu and not hello.gpus:
            channel.close()
            raise GpuUnavailable(self._engine.log_tail(container_id).strip() or "its runner sees none.")
        return channel

    def _dialled(self, door: Door, container_id: str, *, deadline: float) -> socket.socket:
        while time.monotonic() < deadline:
            if connection := door.accept(seconds=_LOOK_SECONDS):
                door.shut()
                return connection
            state = self._engine.state(container_id)
            if state is None or not state["Running"]:
                raise self._failure(container_id, "the container ended before it said hello")
        raise self._failure(container_id, f"no word from it in {_START_SECONDS:.0f} s")

    def _failure(self, container_id: str, what: str) -> StartFailed:
        tail = self._engine.log_tail(container_id).strip()
        return StartFailed(f"{what}. Its last words: {tail}" if tail else f"{what}.")
