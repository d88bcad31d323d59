"""The parts of an installation, in the order they start."""

from __future__ import annotations

from pathlib import Path

from ops import code
from ops.part import Part
from ops.precedence import Precedence
from ops.settings import Settings


def all_parts(settings: Settings) -> list[Part]:
    """Redis (unless another one is used), the API, the workers, one for each GPU among them, the courier, the pump."""
    of_api, of_worker = code.digest(settings.root, code.OF_API), code.digest(settings.root, code.OF_WORKER)
    workers = [
        _python_part(settings, f"worker-{number}", "cloche-worker", code=of_worker, precedence="early")
        for number in range(1, settings.workers + 1)
    ]
    workers += [
        _python_part(
            settings, f"gpu-worker-{number}", "cloche-worker", "--gpu", device, code=of_worker, precedence="early"
        )
        for number, device in enumerate(settings.gpus, start=1)
    ]
    api = _python_part(settings, "api", "cloche-api", code=of_api, url=settings.url, precedence="early")
    courier = _python_part(settings, "courier", "cloche-courier", code=of_worker)
    pump = _python_part(settings, "pump", "python", "-m", "worker.pump", code=of_worker)
    return [*([redis(settings)] if settings.owns_redis else []), api, *workers, courier, pump]


def redis(settings: Settings) -> Part:
    """A Redis of this installation's own that has every acknowledged write on disk, and evicts nothing."""
    folder = settings.data / "redis"
    socket = settings.run_dir / "redis.sock"
    # Redis reads nothing from the environment: leaving Cloche's settings out keeps it running when they change.
    env = {name: value for name, value in settings.environment.items() if not name.startswith(("CLOCHE_", "DOCKER_"))}
    command: list[str | Path] = ["redis-server", "--port", "0", "--unixsocket", socket, "--unixsocketperm", "700"]
    command += ["--dir", folder, "--appendonly", "yes", "--appendfsync", "always", "--save", ""]
    command += ["--maxmemory", settings.redis_maxmemory, "--maxmemory-policy", "noeviction"]
    command += ["--daemonize", "no", "--protected-mode", "yes"]
    return Part(
        name="redis",
        command=command,
        log=settings.logs / "redis.log",
        run_dir=settings.run_dir,
        cwd=folder,
        env=env,
        url=f"unix://{socket}",
        precedence="first",
    )


def _python_part(
    settings: Settings,
    name: str,
    program: str,
    *arguments: str,
    code: str,
    url: str = "",
    precedence: Precedence = "ordinary",
) -> Part:
    return Part(
        name=name,
        command=[settings.program(program), *arguments],
        log=settings.logs / f"{name}.log",
        run_dir=settings.run_dir,
        cwd=settings.root,
        env=settings.environment,
        url=url,
        precedence=precedence,
        code=code,
    )
