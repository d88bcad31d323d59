"""The ``config`` part of an upload: what a version wants, read strictly."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, Literal

import msgspec

from api.errors import Problem
from api.gpus import over_quota
from policies.quotas import Quotas

DESCRIPTION_CHARACTERS = 2_000
MIN_MEMORY_BYTES = 256 * 1024 * 1024  # less does not hold the interpreter and torch


class Config(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A version's wishes. ``example_input`` is what the check runs once before the version is ready.

    ``example_input_encoding`` says what it stands for: itself (json), or bytes (base64).
    """

    example_input: Any = msgspec.UNSET
    example_input_encoding: Literal["json", "base64"] = "json"
    timeout_seconds: float | None = None
    memory_bytes: int | None = None
    gpus: int = 0
    description: str = ""


def read_config(raw: bytes, *, quotas: Quotas) -> dict[str, Any]:
    """The config as it is stored: only what was said. Raises invalid_json or invalid_request."""
    config = _decode(raw)
    _check(config, quotas=quotas)
    built: dict[str, Any] = msgspec.to_builtins(config)
    return built


def _decode(raw: bytes) -> Config:
    try:
        json.loads(raw)  # what the catalogue and the worker will parse again must be parseable by them
        return msgspec.json.decode(raw, type=Config)
    except msgspec.ValidationError as exc:
        raise Problem("invalid_request", f"config: {exc}.", field="config") from exc
    except (ValueError, RecursionError) as exc:
        raise Problem("invalid_json", "The part config is not JSON.", field="config") from exc


def _check(config: Config, *, quotas: Quotas) -> None:
    if config.timeout_seconds is not None and not 0.001 <= config.timeout_seconds <= quotas.timeout_seconds:
        raise _wrong("timeout_seconds", f"takes 0.001 to {quotas.timeout_seconds}", maximum=quotas.timeout_seconds)
    if config.memory_bytes is not None and not MIN_MEMORY_BYTES <= config.memory_bytes <= quotas.memory_bytes:
        limits = f"takes {MIN_MEMORY_BYTES} to {quotas.memory_bytes}"
        raise _wrong("memory_bytes", limits, maximum=quotas.memory_bytes)
    if config.gpus not in (0, 1):
        raise _wrong("gpus", "takes 0 or 1: a sandbox has at most one GPU", maximum=1)
    if config.gpus > quotas.gpus:
        raise over_quota(quotas)
    if len(config.description) > DESCRIPTION_CHARACTERS:
        raise _wrong("description", f"takes at most {DESCRIPTION_CHARACTERS:,} characters")
    if config.example_input_encoding == "base64" and not _is_base64(config.example_input):
        raise _wrong("example_input", "takes base64 when example_input_encoding says so")


def _is_base64(value: Any) -> bool:
    try:
        base64.b64decode(value, validate=True)
    except (TypeError, ValueError, binascii.Error):
        return False
    return isinstance(value, str)


def _wrong(field: str, sentence: str, **extension: Any) -> Problem:
    return Problem("invalid_request", f"config.{field} {sentence}.", field=f"config.{field}", **extension)
