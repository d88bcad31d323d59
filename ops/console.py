"""One line for each step, on standard error, so that standard output stays for answers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ops.errors import CommandFailed


def say(line: str) -> None:
    """Tell the person what happens now."""
    print(f"cloche: {line}", file=sys.stderr, flush=True)


def call(
    command: Sequence[str | Path],
    *,
    advice: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> None:
    """Run a program with its output shown. Raises CommandFailed with the advice when it ends badly."""
    words = [str(word) for word in command]
    done = subprocess.run(words, check=False, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=sys.stderr)
    if done.returncode != 0:
        raise CommandFailed(" ".join(words[:4]), status=done.returncode, advice=advice)
