"""What `make up` is told by the environment. Read by the entry point only."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox import devices
from sandbox.errors import GpuUnknown
from store.settings import StoreSettings

ROOT = Path(__file__).resolve().parents[1]
NOT_FOR_PARTS = (
    "CLOCHE_GPUS",  # each device gets a worker of its own, which is told on its command line
    "CLOCHE_WORKERS",  # ours; a part that saw it would have to be restarted when it changes
    "CLOCHE_UP_TIMEOUT_SECONDS",
    "CLOCHE_REDIS_MAXMEMORY",
    "MAKEFLAGS",  # make tells its children about itself: a part that calls make would believe it is a sub-make
    "MAKELEVEL",
    "MFLAGS",
)


@dataclass(frozen=True, slots=True)
class Settings:
    """One installation on this machine, told apart from others by its data folder."""

    data: Path
    run_dir: Path
    host: str
    port: int
    workers: int
    gpus: tuple[str, ...]
    redis_url: str
    owns_redis: bool
    redis_maxmemory: str  # as Redis reads it: 2147483648, 2gb
    up_timeout_seconds: float
    environment: Mapping[str, str]
    root: Path = ROOT

    @property
    def url(self) -> str:
        """Where the API answers; an address that means "every interface" is asked on loopback."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)  # noqa: S104 - compared, not bound
        return f"http://{host}:{self.port}"

    @property
    def logs(self) -> Path:
        """The folder of logs."""
        return self.data / "logs"

    def program(self, name: str) -> Path:
        """One of the environment's commands."""
        return self.root / ".venv" / "bin" / name


def load() -> Settings:
    """The settings with every default filled in, and handed to the parts in full."""
    store = StoreSettings().resolved()
    assert store.run_dir is not None  # resolved() fills it
    host = os.environ.get("CLOCHE_HOST") or "127.0.0.1"
    port = int(os.environ.get("CLOCHE_PORT") or 8000)
    return Settings(
        data=store.data,
        run_dir=store.run_dir,
        host=host,
        port=port,
        workers=int(os.environ.get("CLOCHE_WORKERS") or max(2, (os.cpu_count() or 2) // 2)),
        gpus=_gpus(os.environ.get("CLOCHE_GPUS", "")),
        redis_url=store.redis_url,
        owns_redis=not os.environ.get("CLOCHE_REDIS_URL"),
        redis_maxmemory=os.environ.get("CLOCHE_REDIS_MAXMEMORY") or str(_half_the_memory_bytes()),
        up_timeout_seconds=float(os.environ.get("CLOCHE_UP_TIMEOUT_SECONDS") or 90),
        environment=_environment(store, host=host, port=port),
    )


def _gpus(named: str) -> tuple[str, ...]:
    try:
        return devices.resolve([named])
    except GpuUnknown as exc:
        raise ValueError(f"CLOCHE_GPUS: {exc}") from exc


def _half_the_memory_bytes() -> int:
    """What the own Redis may use at the most: the sandboxes need the rest."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


def _environment(store: StoreSettings, *, host: str, port: int) -> dict[str, str]:
    """This environment with Cloche's settings written out: the parts must not each work them out again."""
    settings = {
        "CLOCHE_DATA": str(store.data),
        "CLOCHE_RUN_DIR": str(store.run_dir),
        "CLOCHE_REDIS_URL": store.redis_url,
        "CLOCHE_DATABASE_URL": store.database_url,
        "CLOCHE_BLOBS_URL": store.blobs_url,
        "CLOCHE_HOST": host,
        "CLOCHE_PORT": str(port),
        "PYTHONUNBUFFERED": "1",
    }
    inherited = {name: value for name, value in os.environ.items() if name not in NOT_FOR_PARTS}
    return {**inherited, **settings}
