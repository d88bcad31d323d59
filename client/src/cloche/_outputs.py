"""From a job's JSON to what predict_single returned."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any


def job_output(job: Mapping[str, Any]) -> Any:
    """The output: bytes where the model returned bytes, else the JSON value."""
    output = job.get("output")
    if job.get("output_encoding") == "base64" and isinstance(output, str):
        return base64.b64decode(output)
    return output


def fetched_output(content: bytes, *, media: str) -> Any:
    """The output as it comes from its own address: JSON is JSON, every other media type the bytes themselves."""
    return json.loads(content) if media.partition(";")[0].strip() == "application/json" else content
