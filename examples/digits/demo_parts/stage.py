"""How the demo speaks: sections, lines, and commands that are printed, run, and answered below."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from demo_parts.errors import DemoStopped

BOLD, DIM, GREEN, RESET = ("\033[1m", "\033[2m", "\033[32m", "\033[0m") if sys.stdout.isatty() else ("",) * 4


@dataclass(frozen=True, slots=True)
class Answer:
    """What curl brought back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


def section(title: str) -> None:
    """A new part of the story."""
    print(f"\n{BOLD}{title}{RESET}\n", flush=True)


def tell(text: str) -> None:
    """A line of the story."""
    print(f"  {text}", flush=True)


def show(text: str) -> None:
    """Something that a program said, set off from the story."""
    for line in text.splitlines():
        print(f"    {DIM}{line}{RESET}", flush=True)


def success(text: str) -> None:
    """A line that says that something is as it should be."""
    print(f"  {GREEN}✓{RESET} {text}", flush=True)


def curl(command: str, *, shown: bool = True) -> Answer:
    """Print a curl command as it could be typed, run it, and give what it brought back.

    ``$CLOCHE_URL`` and ``$CLOCHE_API_KEY`` in it are the shell's own variables, so that no key is printed.
    """
    if shown:
        print(f"  {BOLD}${RESET} {command}\n", flush=True)
    quiet = command.replace("curl ", "curl -sS -i ", 1)  # -i: the status line is part of the answer
    ended = subprocess.run(["sh", "-c", quiet], capture_output=True, check=False, env=os.environ)
    if ended.returncode != 0:
        reason = ended.stderr.decode(errors="replace").strip()
        raise DemoStopped(f"curl failed: {reason}. `make status` shows whether the engine is up.")
    return _answer(ended.stdout)


def expect(answer: Answer, status: int) -> Answer:
    """The same answer, if it has that status; else stop with what the engine said."""
    if answer.status != status:
        said = answer.body.decode(errors="replace").strip()
        raise DemoStopped(f"The engine answered {answer.status} instead of {status}: {said[:500]}")
    return answer


def fields(data: Mapping[str, Any], *names: str) -> str:
    """Some fields of a JSON object, one a line, in columns."""
    width = max(len(name) for name in names)
    return "\n".join(f"{name.ljust(width)}  {json.dumps(data.get(name), ensure_ascii=False)}" for name in names)


def _answer(raw: bytes) -> Answer:
    head, _, body = raw.partition(b"\r\n\r\n")
    while head.startswith(b"HTTP/1.1 1"):  # 100 Continue comes before the answer itself
        head, _, body = body.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    return Answer(status=int(first.split()[1]), headers=headers, body=body)
