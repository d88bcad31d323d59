"""``make demo``, run for real on an installation of the tests' own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.conftest import free_port

ROOT = Path(__file__).parents[2]


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    """An installation that was never up; taken down at the end."""
    folder = Path(tempfile.mkdtemp(prefix="cl-"))
    plain = {name: value for name, value in os.environ.items() if not name.startswith("CLOCHE_")}
    own = {"CLOCHE_DATA": str(folder), "CLOCHE_RUN_DIR": str(folder / "run"), "CLOCHE_PORT": str(free_port())}
    environment = {**plain, **own, "CLOCHE_WORKERS": "1"}
    yield environment
    _ops("down", environment)
    shutil.rmtree(folder, ignore_errors=True)


def _demo(environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "examples" / "digits" / "demo.py")]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=400)


def _ops(verb: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ops.engine", verb]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=200)


def test_the_demo_tells_the_whole_story_twice(environment: dict[str, str]) -> None:
    """Everything the demo promises is seen, nothing secret is printed, and a second run uses what the first left."""
    told = _demo(environment)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "held-out accuracy: 98" in told.stdout or "held-out accuracy: 97" in told.stdout
    assert "HTTP 202, Location: /v1/jobs/job_" in told.stdout
    assert told.stdout.index("  queued\n") < told.stdout.index("  succeeded\n")
    assert "HTTP 200 after" in told.stdout
    assert told.stdout.count("the answer is 8, the true label is 8") == 2
    assert "the signature holds" in told.stdout
    assert "refused_model.py:3:8: CL" in told.stdout
    assert "forbidden_scope" in told.stdout
    key = (Path(environment["CLOCHE_DATA"]) / "demo" / "key").read_text()
    assert key not in told.stdout + told.stderr
    assert _ops("status", environment).returncode == 0

    again = _demo(environment)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "trained in an earlier run" in again.stdout
    assert (Path(environment["CLOCHE_DATA"]) / "demo" / "key").read_text() == key


def test_a_busy_port_is_one_clear_sentence(environment: dict[str, str]) -> None:
    """When the engine can't come up the demo says why, ends with 1, and leaves nothing running."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(environment["CLOCHE_PORT"])))
        taken.listen()
        told = _demo(environment)
    assert told.returncode == 1
    assert "port" in told.stderr
    assert "Traceback" not in told.stderr
    assert " running " not in _ops("status", environment).stdout


def test_a_failure_on_the_way_takes_down_what_was_started(environment: dict[str, str], tmp_path: Path) -> None:
    """A demo that fails after the engine came up stops it again, and says so in one sentence."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "curl").write_text("#!/bin/sh\necho 'curl: (7) no way' >&2\nexit 7\n")
    (programs / "curl").chmod(0o755)
    told = _demo({**environment, "PATH": f"{programs}:{environment['PATH']}"})
    assert told.returncode == 1
    assert "demo: curl failed: curl: (7) no way" in told.stderr
    assert "Traceback" not in told.stderr
    assert " running " not in _ops("status", environment).stdout


def test_without_curl_nothing_is_started(environment: dict[str, str], tmp_path: Path) -> None:
    """No curl is one sentence, before anything is started."""
    told = _demo({**environment, "PATH": str(tmp_path)})
    assert told.returncode == 1
    assert "Install it (apt-get install curl)" in told.stderr
    assert not (Path(environment["CLOCHE_DATA"]) / "logs").exists()
