"""``cloche-admin keys``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from admin.installation import announce, opened
from admin.output import AsJson, remark, say, show_json, show_table
from admin.tenants import Handle
from store.catalog import Catalog
from store.errors import ModelUnknown

app = typer.Typer(help="The bearer keys of a tenant.", no_args_is_help=True)


@app.command("create")
def create(
    tenant: Handle,
    *,
    name: Annotated[str, typer.Option(help="What to recognise the key by.")] = "default",
    model: Annotated[str | None, typer.Option(help="Only this model may be run with it.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key. Its secret is printed now and never again."""
    with opened() as catalog:
        owner = catalog.tenants.get(tenant)
        model_id = None if model is None else _model_id(catalog, owner.id, model)
        key, secret = catalog.keys.create(owner.id, name=name, model_id=model_id)
    announce(owner.id)
    if as_json:
        show_json(asdict(key) | {"secret": secret})
        return
    remark(f"Key {key.id} of {owner.name}. This is the only time its secret is shown:")
    say(secret)


@app.command("list")
def list_(tenant: Handle, *, as_json: AsJson = False) -> None:
    """Show a tenant's keys, revoked ones included, without their secrets."""
    with opened() as catalog:
        keys = catalog.keys.list(catalog.tenants.get(tenant).id)
    if as_json:
        show_json([asdict(key) for key in keys])
        return
    columns = ("ID", "NAME", "SECRET", "MODEL", "CREATED", "REVOKED")
    rows = ((key.id, key.name, f"{key.prefix}…", key.model_id, key.created_at, key.revoked_at) for key in keys)
    show_table(columns, rows)


@app.command("revoke")
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="KEY", help="The key's id, key_…")], *, as_json: AsJson = False
) -> None:
    """Make a key's secret worthless at once and for good."""
    with opened() as catalog:
        key = catalog.keys.revoke(key_id)
    announce(key.tenant_id)
    if as_json:
        show_json(asdict(key))
    else:
        say(f"Revoked {key.id}.")


def _model_id(catalog: Catalog, tenant_id: str, name: str) -> str:
    model = catalog.models.get(tenant_id, name)
    if model is None:
        raise ModelUnknown(name)
    return model.id
