"""Reading one job, synchronously: for workers, the courier and the admin CLI."""

from __future__ import annotations

from typing import cast

import redis

from store.jobs.codec import decode_record
from store.jobs.records import JobRecord


def read(connection: redis.Redis, job_id: str) -> JobRecord | None:
    """The job with its output, or None when it is unknown or expired."""
    pipe = connection.pipeline(transaction=False)
    pipe.hgetall(f"job:{job_id}")
    pipe.get(f"out:{job_id}")
    fields, output = cast("tuple[dict[bytes, bytes], bytes | None]", tuple(pipe.execute()))
    return decode_record(job_id, fields, output) if fields else None
