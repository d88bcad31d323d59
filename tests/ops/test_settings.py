"""What `make up` makes of its environment."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
import redis

from ops import parts, settings
from tests.conftest import RedisServer


@pytest.mark.parametrize(("wanted", "bytes_"), [("", 0), ("64mb", 64 * 2**20), ("67108865", 67_108_865)])
def test_the_own_redis_may_use_a_bounded_part_of_the_memory(
    monkeypatch: pytest.MonkeyPatch, own_redis: RedisServer, wanted: str, bytes_: int
) -> None:
    """What CLOCHE_REDIS_MAXMEMORY says, in Redis's own units; half of the machine's where it says nothing."""
    with tempfile.TemporaryDirectory(prefix="cl-") as folder:
        monkeypatch.setenv("CLOCHE_DATA", folder)
        monkeypatch.delenv("CLOCHE_REDIS_URL", raising=False)
        monkeypatch.setenv("CLOCHE_REDIS_MAXMEMORY", wanted)
        command = [str(word) for word in parts.redis(settings.load()).command]
    found = command[command.index("--maxmemory") + 1]
    connection = redis.Redis.from_url(own_redis.url)
    connection.config_set("maxmemory", found)  # a Redis understands it
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert int(connection.config_get("maxmemory")["maxmemory"]) == (bytes_ or machine // 2)  # type: ignore[index]


def test_the_limit_of_redis_is_no_setting_of_the_other_parts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """So that changing it restarts Redis alone."""
    monkeypatch.setenv("CLOCHE_DATA", str(tmp_path))
    monkeypatch.setenv("CLOCHE_REDIS_MAXMEMORY", "64mb")
    assert "CLOCHE_REDIS_MAXMEMORY" not in settings.load().environment
