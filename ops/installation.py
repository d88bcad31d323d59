"""The whole of Cloche on this machine: up, down, status."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from ops import docker_host, lock, part, readiness, rehearsal, sandboxes
from ops.console import say
from ops.errors import EngineUnavailable, NotReady, PortBusy
from ops.part import Part
from ops.parts import all_parts
from ops.settings import Settings

REDIS_SECONDS = 60.0  # loading a long append-only file takes its time


def up(settings: Settings) -> None:
    """Start every part that doesn't run, and return when the API says that all is ready.

    Harmless when all runs. A part that runs other code or has other settings than those here is ended gracefully
    and started again. When that fails, what it started is taken down, and what ran before with the same code and
    settings still runs; what could not even be loaded is refused before anything is stopped.
    """
    with lock.held(settings.data / "up.lock"):
        _make_folders(settings)
        _refuse_without_engine()
        parts = all_parts(settings)
        started = [item for item in parts if not _is_current(item)]
        _refuse_busy_port(settings, started)
        if any(item.running() for item in started):
            rehearsal.refuse_broken(settings)
        _stop_surplus(settings, parts)
        try:
            _start(started)
            _wait_until_ready(settings, parts)
            if started:
                _sweep()  # what workers left that were killed
        except BaseException:
            say("taking down what was started")
            _stop_in_order([item.record_file for item in started])
            _sweep()
            raise


def down(settings: Settings) -> list[str]:
    """Stop every part and remove its sandboxes, keeping the data; the names of what ran."""
    with lock.held(settings.data / "up.lock"):
        stopped = _stop_in_order(_record_files(settings))
        _sweep()
        (settings.run_dir / "redis.sock").unlink(missing_ok=True)
        return stopped


def _make_folders(settings: Settings) -> None:
    for folder in (settings.data, settings.logs, settings.data / "redis", settings.run_dir):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def _refuse_without_engine() -> None:
    host = docker_host.chosen()
    reason = docker_host.trouble(host)
    if reason is not None:
        raise EngineUnavailable(
            f"The container engine at {host} does not answer ({reason}). "
            "Run `make setup`, start it, or set DOCKER_HOST to where it is."
        )


def _is_current(item: Part) -> bool:
    return item.running() is not None and item.outdated() is None


def _refuse_busy_port(settings: Settings, started: Sequence[Part]) -> None:
    """An API of ours that is about to be restarted doesn't count: its port is free by then."""
    api = next((item for item in started if item.name == "api"), None)
    if api is None:
        return
    ours = api.running()
    taken = not readiness.port_is_free(settings.host, settings.port)
    if taken and (ours is None or ours.url != api.url):
        raise PortBusy(settings.host, settings.port)


def _stop_surplus(settings: Settings, parts: Sequence[Part]) -> None:
    """Fewer workers than last time, or a Redis from elsewhere now."""
    wanted = {item.record_file for item in parts}
    surplus = [path for path in _record_files(settings) if path not in wanted]
    for name in _stop_in_order(surplus):
        say(f"{name}: stopped, no longer wanted")


def _start(started: Sequence[Part]) -> None:
    for reason, names in outdated(started).items():
        say(f"{', '.join(names)}: {reason}; restarting, and what was accepted waits")
    _stop_for_a_restart([item.record_file for item in started])
    for item in started:
        process = item.start()
        say(f"{item.name}: started, pid {process.pid}, log {item.log}")
        if item.name == "redis":
            _wait_for_redis(item)


def outdated(parts: Sequence[Part]) -> dict[str, list[str]]:
    """Those that would be started otherwise now: by the reason, their names."""
    found: dict[str, list[str]] = {}
    for item in parts:
        if (reason := item.outdated()) is not None:
            found.setdefault(reason, []).append(item.name)
    return found


def _stop_for_a_restart(record_files: Sequence[Path]) -> None:
    """The API after those who take their time to end what they have in hand: it goes on taking jobs meanwhile.

    All have stopped before any starts: two releases never work on the same Redis at once.
    """
    part.stop([path for path in record_files if path.stem not in ("api", "redis")])
    _stop_in_order([path for path in record_files if path.stem in ("api", "redis")])


def _wait_for_redis(item: Part) -> None:
    deadline = time.monotonic() + REDIS_SECONDS
    while not readiness.redis_answers(Path(item.url.removeprefix("unix://"))):
        _refuse_dead([item])
        if time.monotonic() > deadline:
            raise NotReady(f"Redis did not answer within {REDIS_SECONDS:.0f} seconds. Read {item.log}.")
        time.sleep(0.02)


def _wait_until_ready(settings: Settings, parts: Sequence[Part]) -> None:
    deadline = time.monotonic() + settings.up_timeout_seconds
    while (reason := _trouble(settings, parts)) is not None:
        _refuse_dead(parts)
        if time.monotonic() > deadline:
            raise NotReady(
                f"Not ready after {settings.up_timeout_seconds:.0f} seconds: {reason} The logs are in {settings.logs}."
            )
        time.sleep(0.1)
    _refuse_dead(parts)


def _trouble(settings: Settings, parts: Sequence[Part]) -> str | None:
    reason = readiness.api_trouble(settings.url)
    if reason is not None:
        return reason
    pids = {found.pid for item in parts if "worker-" in item.name and (found := item.running())}
    silent = readiness.silent_workers(settings.redis_url, pids=pids)
    return f"{len(silent)} of {len(pids)} workers have not been heard of." if silent else None


def _refuse_dead(parts: Sequence[Part]) -> None:
    for item in parts:
        if item.running() is None:
            words = part.last_lines(item.log)
            raise NotReady(f"{item.name} ended while starting. Its last words, from {item.log}:{words}")


def _sweep() -> None:
    removed = sandboxes.remove_orphans()
    if removed:
        say(f"removed {removed} sandboxes that their workers left")


def _record_files(settings: Settings) -> list[Path]:
    return sorted(settings.run_dir.glob("*.pid")) if settings.run_dir.is_dir() else []


def _stop_in_order(record_files: Sequence[Path]) -> list[str]:
    """Everybody who uses Redis first, Redis last, so that nobody's last words are lost."""
    redis = [path for path in record_files if path.stem == "redis"]
    others = [path for path in record_files if path.stem != "redis"]
    return part.stop(others) + part.stop(redis)
