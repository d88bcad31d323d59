"""``cloche-admin check``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from admin.installation import opened
from admin.output import AsJson, complain, show_json
from policies.allowlist.entries import NONE, Allowances
from policies.isolated import check_isolated
from policies.limits import MIB
from policies.render import printable, render

REFUSED = 1
UNUSABLE = 2


READ_BYTES = 16 * MIB  # many times what the policy accepts; the rest of a larger file changes nothing


def check(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A model.py, or - for the standard input.")],
    *,
    tenant: Annotated[str | None, typer.Option(metavar="TENANT", help="With what is allowed to this tenant.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say whether the policy accepts a model file. Nothing in it is run.

    Exit status: 0 accepted, 1 refused (the violations are printed), 2 the file can't be read.
    """
    allowances = NONE if tenant is None else _allowances(tenant)
    try:
        verdict = check_isolated(_read(file), allowances=allowances)
    except (OSError, ValueError) as exc:
        complain(f"{file} can't be checked: {exc}.")
        raise typer.Exit(UNUSABLE) from exc
    if as_json:
        show_json(verdict.to_dict())
    else:
        print(render(verdict, path="<stdin>" if file == "-" else printable(file)), end="")
    if not verdict.accepted:
        raise typer.Exit(REFUSED)


def _allowances(tenant: str) -> Allowances:
    with opened() as catalog:
        return catalog.allowances.get(catalog.tenants.get(tenant).id)


def _read(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read(READ_BYTES)
    with Path(file).open("rb") as opened:
        return opened.read(READ_BYTES)
