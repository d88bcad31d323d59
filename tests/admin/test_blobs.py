"""``cloche-admin blobs``: real processes on a real catalogue, real files and a real Redis."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis

from store.blobs import Blobs
from store.payloads import Payloads, input_name
from tests.admin.conftest import Admin

pytestmark = pytest.mark.usefixtures("catalog")
QUEUED, UNKNOWN = "job_" + "a" * 26, "job_" + "b" * 26


def test_the_sweep_takes_what_nobody_needs(admin: Admin, tmp_path: Path, redis_url: str) -> None:
    """Of blobs, what no version names; of payloads, what is no living job's. Says what it deleted."""
    blobs = Blobs.open(f"file://{tmp_path}/data/blobs", tmp_path / "unused")
    payloads = Payloads(blobs)
    orphan = blobs.put(b"orphan")
    for job_id in (QUEUED, UNKNOWN):
        payloads.write(input_name(job_id), b"input")
    redis.Redis.from_url(redis_url).hset(f"job:{QUEUED}", mapping={"s": "queued"})
    assert "0 blobs" in admin("blobs", "sweep").out  # all of them are young
    ended = admin("blobs", "sweep", "--idle-seconds", "0", "--json")
    assert ended.json == {"deleted": [orphan], "deleted_payloads": [input_name(UNKNOWN)]}
    assert [found.name for found in payloads.list()] == [input_name(QUEUED)]
    again = admin("blobs", "sweep", "--idle-seconds", "0")
    assert again.out.splitlines() == [
        "Deleted 0 blobs that no version needs.",
        "Deleted 0 payloads that no job needs.",
    ]
