"""What the numbers were measured on."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import docker


def describe() -> list[str]:
    """One line a fact."""
    engine = docker.from_env()
    about = engine.version()
    runtime = engine.info().get("DefaultRuntime", "?")
    engine.close()
    redis = re.search(r"v=(\S+)", _output("redis-server", "--version"))
    parts = [f"{name} {version(name)}" for name in ("fastapi", "uvicorn", "redis", "rq")]
    return [
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores ({_processor()}), Linux {platform.release()}",
        f"Docker {about['Version']} with {runtime}, Redis {redis[1] if redis else '?'} (append-only file on)",
        f"Python {platform.python_version()}, {', '.join(parts)}",
        "load generator, engine, Redis and sandboxes share the cores",
    ]


def _processor() -> str:
    found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    return found[1] if found else platform.machine()


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
