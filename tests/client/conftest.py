"""A scripted engine, a client of it that never really sleeps, and the shape of a job."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cloche import Client, Retry
from tests.client.scripted import Script, scripted

KEY = "cloche_" + "k" * 43


@pytest.fixture
def script() -> Iterator[Script]:
    with scripted() as server:
        yield server


@pytest.fixture
def pauses() -> list[float]:
    """How long the client would have slept, in order."""
    return []


@pytest.fixture
def client(script: Script, pauses: list[float]) -> Iterator[Client]:
    with Client(script.url, KEY, retry=Retry(sleep=pauses.append)) as made:
        yield made


@pytest.fixture
def job() -> Callable[..., dict[str, Any]]:
    """A job's JSON as the engine writes it, with anything changed."""

    def make(**changes: Any) -> dict[str, Any]:
        plain = {
            "id": "job_1", "model": "digits", "version": 1, "status": "queued",
            "output": None, "output_encoding": None, "output_bytes": None,
            "error": None, "logs": "", "logs_truncated": False,
            "created_at": "2026-01-02T03:04:05.678Z", "started_at": None, "finished_at": None,
            "queue_seconds": None, "predict_seconds": None, "attempts": 0,
            "urls": {"self": "/v1/jobs/job_1", "cancel": "/v1/jobs/job_1/cancel", "output": "/v1/jobs/job_1/output"},
        }  # fmt: skip
        return plain | changes

    return make
