"""Where the data lives: read from the environment, by entry points only."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class StoreSettings(BaseSettings):
    """``CLOCHE_DATA`` and the URLs derived from it. Nothing is created by reading them."""

    model_config = SettingsConfigDict(env_prefix="CLOCHE_", extra="ignore")

    data: Path = Path(".cloche")
    run_dir: Path | None = None  # sockets and pid files; short, because a unix socket's path ends at 107 bytes
    redis_url: str = ""
    database_url: str = ""
    blobs_url: str = ""
    inline_bytes: int = Field(
        default=262_144, ge=1024, le=67_108_864, description="larger inputs and outputs go to the blobs, not to Redis"
    )
    link_secret: str = Field(default="", description="signs links to outputs; made and kept in Redis when empty")
    link_seconds: int = Field(default=3600, ge=1, le=604_800, description="how long a link to an output holds")
    webhook_allow: str = Field(
        default="", description="comma-separated networks webhooks may reach besides public ones"
    )
    webhook_log_days: float = Field(default=7.0, gt=0, description="how long ended deliveries can be read")
    webhook_log_count: int = Field(default=2_000, gt=0, description="ended deliveries kept for one tenant")

    queue_limit: int = Field(default=2_000_000, ge=0)  # jobs queued by all tenants together; 0: no limit
    redis_full_percent: int = Field(default=90, ge=1, le=100)  # of its maxmemory: above it no new job is taken
    disk_reserve_bytes: int = Field(default=0, ge=0)  # left on the data's disk: below it no new data is taken; 0: see
    # store.capacity.disk_of

    def resolved(self) -> StoreSettings:
        """The same settings with every empty value replaced by its default under ``data``."""
        data = self.data.resolve()
        run_dir = self.run_dir or default_run_dir(data)
        return self.model_copy(
            update={
                "data": data,
                "run_dir": run_dir,
                "redis_url": self.redis_url or f"unix://{run_dir}/redis.sock",
                "database_url": self.database_url or f"sqlite:///{data}/catalog.sqlite3",
                "blobs_url": self.blobs_url or f"file://{data}/blobs",
            }
        )


def default_run_dir(data: Path) -> Path:
    """A short folder of this installation's own, told apart by its data folder."""
    tag = hashlib.sha256(str(data).encode()).hexdigest()[:10]
    if os.geteuid() == 0:
        return Path("/run/cloche") / tag
    base = os.environ.get("XDG_RUNTIME_DIR") or f"/tmp/cloche-{os.geteuid()}"  # noqa: S108 - the fallback where no session manager gave a folder; created 0700
    return Path(base) / "cloche" / tag
