"""``python -m ops.rehearsal``: whether the code that is here can be loaded, and its settings be read. Starts nothing.

`make up` asks before it stops what runs: a mistake in either should not cost those who are served.
"""

from __future__ import annotations

import contextlib
import importlib
import pkgutil
import subprocess
import sys

from ops.errors import NotReady
from ops.settings import Settings

PROGRAMS = ("api", "worker")  # with all that they import; torch is not among it
SETTINGS = (
    ("api.settings", "ApiSettings"),
    ("worker.settings", "WorkerSettings"),
    ("worker.courier", "CourierSettings"),
    ("worker.pump", "PumpSettings"),
)
_SECONDS = 60.0


def refuse_broken(settings: Settings) -> None:
    """Raise NotReady, with the reason, where a part could not even begin. Only the catalogue is asked, nothing else."""
    command = [str(settings.program("python")), "-m", "ops.rehearsal"]
    try:
        done = subprocess.run(
            command,
            check=False,
            env=dict(settings.environment),
            cwd=settings.root,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired as exc:
        sentence = f"What is here was not loaded within {_SECONDS:.0f} seconds, so what runs was left as it is."
        raise NotReady(sentence) from exc
    if done.returncode != 0:
        words = "".join(f"\n    {line}" for line in done.stderr.strip().splitlines()[-5:])
        raise NotReady(f"What is here would not start, so what runs was left as it is. Mend this first:{words}")


def main() -> int:
    """0, or an exception that says what is wrong."""
    for name in PROGRAMS:
        folder = importlib.import_module(name).__path__
        for found in pkgutil.walk_packages(folder, prefix=f"{name}."):
            importlib.import_module(found.name)  # not at their start alone: some is loaded with the first turn
    for module, name in SETTINGS:
        getattr(importlib.import_module(module), name)()
    _ask_the_catalogue()
    return 0


def _ask_the_catalogue() -> None:
    """An older release must not take the place of the one that migrated its catalogue: it could not open it."""
    from store.catalog.database import parse_url
    from store.catalog.migrate import refuse_newer
    from store.errors import CatalogUnavailable
    from store.settings import StoreSettings

    with contextlib.suppress(CatalogUnavailable):  # one that is away says nothing about the code
        refuse_newer(parse_url(StoreSettings().resolved().database_url))


if __name__ == "__main__":
    sys.exit(main())
