"""`make up`, `make status`, `make down`: the whole of Cloche in the background, and nothing left of it."""

from __future__ import annotations

import http.server
import json
import os
import signal
import threading
import time
import urllib.request

import docker
import pytest

from ops import proc
from tests.ops.here import Here

PARTS = ["redis", "api", "worker-1", "courier", "pump"]


@pytest.fixture
def up(here: Here) -> Here:
    """The module's installation, up."""
    done = here.run("up")
    assert done.returncode == 0, done.stderr
    return here


def ready(here: Here) -> dict[str, object]:
    """What /readyz says; an error when it isn't 200."""
    with urllib.request.urlopen(f"{here.url}/readyz") as answer:
        found: dict[str, object] = json.load(answer)
        return found


def kill(pid: int) -> None:
    """SIGKILL, and wait until it is gone."""
    os.kill(pid, signal.SIGKILL)
    while proc.Proc.of(pid) is not None:
        time.sleep(0.01)


def containers(here: Here) -> list[str]:
    """Ids of this installation's sandboxes, whatever their state."""
    return [
        found.id
        for found in docker.from_env().containers.list(all=True, filters={"label": f"cloche.owner={here.owner}"})
    ]


def test_up_returns_when_ready(up: Here) -> None:
    """When `up` returns, /readyz is 200 and the table shows every part with its number."""
    assert ready(up)["status"] == "ready"
    status = up.run("status")
    assert status.returncode == 0
    assert list(up.pids()) == PARTS
    assert up.url in status.stdout


def test_a_second_up_changes_nothing(up: Here) -> None:
    """The same processes run after it, and it succeeds."""
    before = up.pids()
    assert up.run("up").returncode == 0
    assert up.pids() == before


def test_two_ups_at_once_start_everything_once(fresh: Here) -> None:
    """The second waits for the first and finds all running."""
    results: list[int] = []
    runs = [threading.Thread(target=lambda: results.append(fresh.run("up").returncode)) for _ in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert results == [0, 0]
    found = [entry for entry in os.listdir("/proc") if entry.isdigit() and _serves(fresh, entry)]
    assert len(found) == 1
    assert fresh.run("down").returncode == 0


def _serves(here: Here, entry: str) -> bool:
    try:
        with open(f"/proc/{entry}/cmdline", "rb") as file:
            return str(here.run_dir / "redis.sock").encode() in file.read()
    except OSError:
        return False


@pytest.mark.parametrize("part", PARTS)
def test_a_dead_part_is_started_again(up: Here, part: str) -> None:
    """Killed hard, it shows as stopped; `up` starts it again and leaves the others alone."""
    before = up.pids()
    kill(before[part])
    status = up.run("status")
    assert status.returncode == 3
    assert part in status.stderr
    assert up.run("up").returncode == 0
    after = up.pids()
    assert after[part] != before[part]
    assert {name: pid for name, pid in after.items() if name != part} == {
        name: pid for name, pid in before.items() if name != part
    }


def test_changed_settings_restart_what_they_change(up: Here) -> None:
    """Another number of workers: the surplus ends, a new one starts, Redis runs on."""
    before = up.pids()
    assert up.run("up", CLOCHE_WORKERS="2").returncode == 0
    assert up.pids()["redis"] == before["redis"]
    second = json.loads((up.run_dir / "worker-2.pid").read_text())["pid"]
    assert up.run("up").returncode == 0
    assert proc.Proc.of(second) is None
    assert list(up.pids()) == PARTS


def test_down_leaves_no_process_socket_or_container(up: Here) -> None:
    """Everything `up` started is gone, also after a worker was killed with its sandboxes; the data is kept."""
    pids = up.pids()
    assert containers(up)
    kill(pids["worker-1"])
    assert up.run("down").returncode == 0
    assert [pid for pid in pids.values() if proc.Proc.of(pid) is not None or proc.session_members(pid)] == []
    assert containers(up) == []
    assert [path for path in up.run_dir.rglob("*") if path.is_socket() or path.suffix == ".pid"] == []
    assert (up.data / "redis").is_dir()
    assert up.run("status").returncode == 3


def test_down_again_is_harmless(here: Here) -> None:
    """With nothing running, down succeeds and says so."""
    here.run("down")
    done = here.run("down")
    assert done.returncode == 0
    assert "nothing was running" in done.stderr


def test_a_busy_port_is_said_and_nothing_is_started(fresh: Here) -> None:
    """One sentence names the port and the way out; no part was started."""
    server = http.server.HTTPServer(("127.0.0.1", fresh.port), http.server.BaseHTTPRequestHandler)
    try:
        done = fresh.run("up")
    finally:
        server.server_close()
    assert done.returncode == 1
    assert f"Port {fresh.port} on 127.0.0.1 is taken" in done.stderr
    assert fresh.pids() == {}


def test_no_engine_is_said_and_nothing_is_started(fresh: Here) -> None:
    """With DOCKER_HOST to nowhere, one sentence says what to do; no part was started."""
    done = fresh.run("up", DOCKER_HOST="unix:///nowhere/docker.sock")
    assert done.returncode == 1
    assert "DOCKER_HOST" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert fresh.pids() == {}


def test_a_failing_part_takes_down_what_was_started(fresh: Here) -> None:
    """A part that can't start is quoted with its log, and the parts started before it are gone."""
    done = fresh.run("up", CLOCHE_DATABASE_URL="nonsense://")
    assert done.returncode == 1
    assert "ended while starting" in done.stderr
    assert str(fresh.data / "logs") in done.stderr
    assert fresh.pids() == {}
