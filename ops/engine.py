"""``python -m ops.engine up|down|status``: Cloche in the background on this machine."""

from __future__ import annotations

import argparse
import sys

from ops import installation, status
from ops.console import say
from ops.errors import OpsError
from ops.settings import Settings, load

NOT_UP = 3


def main() -> int:
    """0 when done (for status: when all is up); 1 after one sentence; 3 when status finds something missing."""
    parser = argparse.ArgumentParser(prog="python -m ops.engine", description=__doc__)
    parser.add_argument("verb", choices=["up", "down", "status"])
    verb = parser.parse_args().verb
    try:
        return {"up": _up, "down": _down, "status": _status}[verb](load())
    except (OpsError, ValueError) as exc:
        say(str(exc))
        return 1
    except KeyboardInterrupt:
        say("interrupted")
        return 130


def _up(settings: Settings) -> int:
    installation.up(settings)
    say(f"ready at {settings.url} (documentation at {settings.url}/docs); data in {settings.data}")
    return 0


def _down(settings: Settings) -> int:
    stopped = installation.down(settings)
    say(f"stopped {', '.join(stopped)}; data kept in {settings.data}" if stopped else "nothing was running")
    return 0


def _status(settings: Settings) -> int:
    print(status.render(status.rows(settings)))
    for sentence in status.stale(settings):
        say(sentence)
    reason = status.trouble(settings)
    if reason is None:
        return 0
    say(reason)
    return NOT_UP


if __name__ == "__main__":
    sys.exit(main())
