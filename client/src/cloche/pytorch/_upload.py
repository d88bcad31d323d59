"""From a model in memory to a model that answers: one call."""

from __future__ import annotations

import base64
import os
import tempfile
from pathlib import Path
from typing import Any

from torch import nn

from cloche._client import Client
from cloche._default import default_client
from cloche._errors import ConfigurationError, LoadFailed, SourceRefused, WeightsNotSavable
from cloche._models import Version
from cloche._progress import upload_bar
from cloche._uploads import Upload
from cloche.pytorch._weights import save_weights

READY_SECONDS = 300.0


class _NoExample:
    """None is an input like any other, so "no example" needs a value of its own."""


_NO_EXAMPLE = _NoExample()


def upload_model(
    name: str,
    model: nn.Module,
    path: str | os.PathLike[str],
    *,
    example_input: object = _NO_EXAMPLE,
    timeout_seconds: float | None = None,
    memory_bytes: int | None = None,
    gpus: int | None = None,
    description: str = "",
    url: str | None = None,
    api_key: str | None = None,
    wait: bool = True,
    timeout: float | None = READY_SECONDS,
    progress: bool = True,
) -> tuple[str, str]:
    """Upload ``model`` under ``name``, its class read from the file at ``path``: (model_id, access_token).

    An existing name gets its next version. The file holds one class, which the engine builds without
    arguments and loads with the model's state_dict. Returns once the version is ready to answer, after
    the engine ran ``example_input`` through it if one was given; with ``wait=False`` while it is still
    being checked. The access token may run this model and nothing else; it is shown this once.

    ``timeout_seconds`` bounds each answer, ``memory_bytes`` the sandbox; both only below the quota.
    ``gpus=1`` runs it on a GPU, with the model put there before ``predict_single`` is called.

    Raises SourceRefused with the violations before any weights are sent, LoadFailed with the traceback
    when the class and the weights don't go together, WeightsNotSavable, WaitTimedOut after ``timeout``
    seconds of checking, and the other errors of ``cloche``.
    """
    if not isinstance(model, nn.Module):
        kind = type(model).__name__
        raise WeightsNotSavable(f"A model is an nn.Module with its weights loaded; got {kind}. Pass the model itself.")
    source = Path(path)
    client = default_client(url, api_key)
    _check_source(client, source)
    limits = {"timeout_seconds": timeout_seconds, "memory_bytes": memory_bytes, "gpus": gpus}
    wishes = {**limits, "description": description or None}
    config = _example(example_input) | {name: wish for name, wish in wishes.items() if wish is not None}
    with tempfile.TemporaryDirectory(prefix="cloche-") as folder:
        weights = Path(folder) / "weights.safetensors"
        size_bytes = save_weights(model, weights)
        upload = Upload(name=name, source=source, weights=weights, config=config)
        with upload_bar(name, total_bytes=size_bytes, shown=progress) as on_bytes:
            version = client.upload(upload, on_bytes=on_bytes)
    if wait:
        version = client.wait_checked(version, timeout=timeout)
    _must_be_served(version, path=source.name)
    return version.model_id, client.create_token(version.model)


def _check_source(client: Client, source: Path) -> None:
    """Refuse before the weights travel: they may be gigabytes."""
    try:
        text = source.read_bytes()
    except OSError as exc:
        raise ConfigurationError(f"The source {str(source)!r} can't be read ({exc.strerror}).") from exc
    verdict = client.check(text)
    if not verdict.accepted:
        raise SourceRefused(verdict.violations, path=source.name)


def _must_be_served(version: Version, *, path: str) -> None:
    if version.status == "refused":
        raise SourceRefused(version.verdict.violations, path=path)
    if version.status == "failed":
        raise LoadFailed(version.error or {}, model=version.model, version=version.number)


def _example(value: object) -> dict[str, Any]:
    if isinstance(value, _NoExample):
        return {}
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"example_input": base64.b64encode(bytes(value)).decode(), "example_input_encoding": "base64"}
    return {"example_input": value}
