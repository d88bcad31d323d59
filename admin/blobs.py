"""``cloche-admin blobs``."""

from __future__ import annotations

from typing import Annotated

import typer

from admin.installation import opened, redis_client, settings
from admin.output import AsJson, say, show_json
from store.blobs import Blobs
from store.payloads import Doomed, Payloads
from store.payloads.sweep import sweep as sweep_payloads
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
    """Delete what nobody needs: blobs of refused uploads and deleted models, inputs and outputs of no living job."""
    found = settings()
    blobs = Blobs.open(found.blobs_url, found.data / "cache")
    with opened() as catalog:
        deleted = sweep(catalog, blobs=blobs, idle_seconds=float(idle_seconds))
    with redis_client(found.redis_url) as client:
        payloads = sweep_payloads(Payloads(blobs), Doomed(client), idle_seconds=float(idle_seconds))
    if as_json:
        show_json({"deleted": list(deleted), "deleted_payloads": list(payloads)})
    else:
        say(f"Deleted {_counted(len(deleted), 'blob')} that no version needs.")
        say(f"Deleted {_counted(len(payloads), 'payload')} that no job needs.")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
