"""What the command line reads besides the store's settings: what workers read about sandboxes."""

from __future__ import annotations

from pydantic_settings import BaseSettings, SettingsConfigDict


class SandboxSettings(BaseSettings):
    """``CLOCHE_SANDBOX_RUNTIME``, ``CLOCHE_REQUIRE_RUNTIME``, ``CLOCHE_SANDBOX_IMAGE`` and ``CLOCHE_GPUS``.

    Empty means what the engine and the image say. ``CLOCHE_REQUIRE_PATCHED`` makes doctor fail where it can't
    tell whether a known way out is closed.
    """

    model_config = SettingsConfigDict(env_prefix="CLOCHE_", extra="ignore", env_ignore_empty=True)

    sandbox_runtime: str = ""
    require_runtime: str = ""
    sandbox_image: str = ""
    gpus: str = ""
    require_patched: bool = False
