"""The functions of the module, on clients that are made when first needed and kept."""

from __future__ import annotations

import os
import threading
from typing import Any

from cloche._client import PREDICT_SECONDS, Client
from cloche._jobs import Job
from cloche._settings import Settings, settings

_lock = threading.Lock()
# By process as well: a connection that was opened before a fork belongs to the parent.
_clients: dict[tuple[int, Settings], Client] = {}


def default_client(url: str | None = None, api_key: str | None = None) -> Client:
    """The client for this address and key, the same one each time. Raises ConfigurationError."""
    chosen = settings(url, api_key)
    place = (os.getpid(), chosen)
    with _lock:
        if place not in _clients:
            _clients[place] = Client(chosen.url, chosen.api_key)
        return _clients[place]


def predict(
    model: str,
    input: object,  # noqa: A002 - the word the API uses
    *,
    version: int | None = None,
    timeout: float | None = PREDICT_SECONDS,
    timeout_seconds: float | None = None,
    deadline_seconds: float | None = None,
    cancel_after_seconds: float | None = None,
    url: str | None = None,
    api_key: str | None = None,
) -> Any:
    """What the model answers to ``input``: ``Client.predict`` on the engine of the environment."""
    return default_client(url, api_key).predict(
        model,
        input,
        version=version,
        timeout=timeout,
        timeout_seconds=timeout_seconds,
        deadline_seconds=deadline_seconds,
        cancel_after_seconds=cancel_after_seconds,
    )


def submit(
    model: str,
    input: object,  # noqa: A002 - the word the API uses
    *,
    version: int | None = None,
    timeout_seconds: float | None = None,
    deadline_seconds: float | None = None,
    cancel_after_seconds: float | None = None,
    webhook: str | None = None,
    idempotency_key: str | None = None,
    url: str | None = None,
    api_key: str | None = None,
) -> Job:
    """Hand in a job and return at once: ``Client.submit`` on the engine of the environment."""
    return default_client(url, api_key).submit(
        model,
        input,
        version=version,
        timeout_seconds=timeout_seconds,
        deadline_seconds=deadline_seconds,
        cancel_after_seconds=cancel_after_seconds,
        webhook=webhook,
        idempotency_key=idempotency_key,
    )
