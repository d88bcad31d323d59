"""``cloche-admin blobs``."""

from __future__ import annotations

from typing import Annotated

import typer

from admin.installation import opened, settings
from admin.output import AsJson, say, show_json
from store.blobs import Blobs
from store.sweep import IDLE_SECONDS, sweep

app = typer.Typer(help="The bytes behind the versions.", no_args_is_help=True)


@app.callback()
def blobs() -> None:
    """The bytes behind the versions."""


@app.command("sweep")
def sweep_(
    *,
    idle_seconds: Annotated[int, typer.Option(min=0, help="Spare what was uploaded more recently.")] = IDLE_SECONDS,
    as_json: AsJson = False,
) -> None:
    """Delete the blobs that no version needs: refused uploads, deleted models."""
    found = settings()
    with opened() as catalog:
        deleted = sweep(
            catalog, blobs=Blobs.open(found.blobs_url, found.data / "cache"), idle_seconds=float(idle_seconds)
        )
    if as_json:
        show_json({"deleted": list(deleted)})
    else:
        say(f"Deleted {len(deleted)} blob{'' if len(deleted) == 1 else 's'} that no version needs.")
