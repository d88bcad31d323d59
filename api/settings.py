"""Where the API listens: read from the environment, by the entry point only."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ApiSettings(BaseSettings):
    """``CLOCHE_HOST`` and ``CLOCHE_PORT``. Loopback unless said otherwise."""

    model_config = SettingsConfigDict(env_prefix="CLOCHE_", extra="ignore")

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
