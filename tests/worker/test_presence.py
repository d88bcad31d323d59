"""Who has ended is known at once, and a worker that starts takes back what the dead held before it does anything."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from store.jobs.back import JobBack
from tests.conftest import ROOT
from worker.presence import Presence

HOLDS = """
import sys, time
from pathlib import Path
from worker.presence import Presence
held = Presence(Path(sys.argv[1]), sys.argv[2])
print("here", flush=True)
time.sleep(600)
"""


def holder(folder: Path, name: str) -> subprocess.Popen[str]:
    """A process that is there as a worker is."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(folder), name], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "here\n"
    return process


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path: a worker's sockets lie under it."""
    made = Path(tempfile.mkdtemp(prefix="cl-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


def test_who_was_killed_has_ended_and_who_stands_still_has_not(folder: Path) -> None:
    """kill -9 is seen as soon as the process is gone; a paused one lives, and so does the one that asks."""
    mine, killed, paused = Presence(folder, "mine"), holder(folder, "killed"), holder(folder, "paused")
    try:
        assert mine.ended() == []
        os.kill(paused.pid, signal.SIGSTOP)
        killed.kill()
        killed.wait()
        assert mine.ended() == ["killed"]
        assert mine.ended() == ["killed"]  # until somebody has seen to what it held
        mine.forget(["killed"])
        assert mine.ended() == []
    finally:
        for process in (killed, paused):
            process.kill()
            process.wait()


def test_who_leaves_in_order_is_no_dead_worker(folder: Path) -> None:
    """Its lock goes with its file."""
    mine, other = Presence(folder, "mine"), Presence(folder, "other")
    other.release()
    other.release()
    assert mine.ended() == []
    mine.release()
    assert list(folder.iterdir()) == []


def test_a_worker_that_starts_takes_back_what_the_dead_held_first(folder: Path, redis_url: str) -> None:
    """However lately they have beaten: nothing waits for their silence, and no turn is taken before."""
    killed = holder(folder / "run" / "workers", "killed")
    killed.kill()
    killed.wait()
    JobBack(redis.Redis.from_url(redis_url), worker="killed").heartbeat()
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("CLOCHE_")},
        "CLOCHE_DATA": str(folder / "data"),
        "CLOCHE_RUN_DIR": str(folder / "run"),
        "CLOCHE_REDIS_URL": redis_url,
        "DOCKER_HOST": "unix:///nowhere/docker.sock",
        "PYTHONUNBUFFERED": "1",
    }
    command = [sys.executable, "-m", "worker.main"]
    worker = subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    assert worker.stderr is not None
    events: list[dict[str, object]] = []
    try:
        for line in worker.stderr:
            events += [json.loads(line)] if line.startswith("{") else []
            if events and events[-1]["event"] == "worker_started":
                break
        assert [event["dead"] for event in events if event["event"] == "reaped"] == [["killed"]]
        assert not (folder / "run" / "workers" / "killed").exists()
    finally:
        worker.terminate()
        worker.communicate(timeout=60)
    assert list((folder / "run" / "workers").iterdir()) == []


def test_the_engine_is_asked_before_the_stores_are_imported() -> None:
    """A worker's first sandbox comes up while the rest is imported: what comes before needs neither store nor queue."""
    check = "import sys, worker.main; print([n for n in ('sqlalchemy', 'redis', 'rq', 'obstore') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
