"""``cloche-admin webhooks``."""

from __future__ import annotations

import typer

from admin.installation import opened
from admin.output import AsJson, say, show_json
from admin.tenants import Handle

app = typer.Typer(help="How a tenant's webhooks are signed.", no_args_is_help=True)


@app.callback()
def webhooks() -> None:
    """How a tenant's webhooks are signed."""


@app.command("secret")
def secret(tenant: Handle, *, as_json: AsJson = False) -> None:
    """Show the secret that signs a tenant's webhooks, for the receiver to verify them with."""
    with opened() as catalog:
        found = catalog.tenants.get(tenant)
    if as_json:
        show_json({"tenant_id": found.id, "secret": found.webhook_secret})
    else:
        say(found.webhook_secret)
