"""``cloche-admin models``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import typer

from admin.installation import opened
from admin.output import AsJson, show_json, show_table
from admin.tenants import Handle
from store.catalog import Model, Version

app = typer.Typer(help="What a tenant has uploaded.", no_args_is_help=True)


@app.command("list")
def list_(tenant: Handle, *, as_json: AsJson = False) -> None:
    """Show every version of every model of a tenant."""
    with opened() as catalog:
        models = catalog.models.list(catalog.tenants.get(tenant).id)
    if as_json:
        show_json([_plain(model) for model in models])
        return
    columns = ("MODEL", "VERSION", "STATUS", "CLASS", "WEIGHTS BYTES", "CREATED", "ID")
    show_table(columns, (_row(version) for model in models for version in model.versions))


def _plain(model: Model) -> dict[str, Any]:
    return asdict(model) | {
        "versions": [asdict(version) | {"verdict": version.verdict.to_dict()} for version in model.versions]
    }


def _row(version: Version) -> tuple[object, ...]:
    return (
        version.model_name,
        version.number,
        version.status,
        version.class_name,
        version.weights_bytes,
        version.created_at,
        version.id,
    )
