"""``cloche-admin``: what an operator does to an installation, one file a noun."""

from __future__ import annotations

import sys
from typing import Any

import typer

from admin import backup, blobs, check, doctor, keys, models, output, plans, policy, quotas, tenants, usage, webhooks
from store.errors import StoreError

UNUSABLE = 2  # exit status: the command could not do what it was asked, for a reason it said in one sentence


class Commands(typer.Typer):
    """Commands whose expected errors are one sentence on stderr and exit status 2, never a traceback."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run what the command line asks for, and exit."""
        try:
            return super().__call__(*args, **kwargs)
        except StoreError as exc:
            output.complain(str(exc))
            sys.exit(UNUSABLE)


app = Commands(
    help="Administer a Cloche installation: tenants, keys, quotas, plans, the policy, and its health.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # usage errors in plain lines, too
)
app.add_typer(tenants.app, name="tenants")
app.add_typer(keys.app, name="keys")
app.add_typer(quotas.app, name="quotas")
app.add_typer(plans.app, name="plans")
app.add_typer(policy.app, name="policy")
app.add_typer(models.app, name="models")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(blobs.app, name="blobs")
app.command("backup")(backup.backup)
app.command("check")(check.check)
app.command("usage")(usage.usage)
app.command("doctor")(doctor.doctor)

if __name__ == "__main__":
    app()
