"""What the command line reads besides the store's settings: what workers read about sandboxes."""

from __future__ import annotations

from pydantic_settings import BaseSettings, SettingsConfigDict


class SandboxSettings(BaseSettings):
    """``CLOCHE_SANDBOX_RUNTIME``, ``CLOCHE_REQUIRE_RUNTIME`` and ``CLOCHE_SANDBOX_IMAGE``.

    Empty means what the engine and the image say.
    """

    model_config = SettingsConfigDict(env_prefix="CLOCHE_", extra="ignore")

    sandbox_runtime: str = ""
    require_runtime: str = ""
    sandbox_image: str = ""
