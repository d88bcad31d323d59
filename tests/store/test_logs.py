"""What is logged of an exception, and what becomes of a log that cannot be written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

CODE = """
import structlog
from store.logs import configure_logs

configure_logs()
log = structlog.get_logger()

def step(secret):
    raise ValueError("it was " + secret)

try:
    step("hunter2")
except ValueError:
    log.exception("broke", step=1)
try:
    step("hunter2")
except ValueError as exc:
    log.warning("broke_too", exc_info=exc)
log.exception("nothing_broke")
"""


def test_kind_and_places_and_no_values() -> None:
    """Neither the text of an exception nor a local of any frame is in the line; where it happened is."""
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert "hunter2" not in done.stderr + done.stdout
    first, second, third = (json.loads(line) for line in done.stderr.splitlines())
    assert (first["event"], first["exception"], first["step"], first["level"]) == ("broke", "ValueError", 1, "error")
    assert first["places"][-1].endswith("step")
    assert second["exception"] == "ValueError"
    assert third["exception"] == "?"


def test_a_log_that_cannot_be_written_fails_nobody() -> None:
    """On a full disk lines are lost, and what wanted to log them goes on."""
    script = (
        "import logging, structlog; from store.logs import configure_logs; configure_logs();\n"
        "for n in range(2000): structlog.get_logger().warning('said', n=n); logging.warning('said too')\n"
        "print('went on')"
    )
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, stderr=full, text=True)
    assert done.stdout == "went on\n"
