"""What is logged of an exception."""

from __future__ import annotations

import json
import subprocess
import sys

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
