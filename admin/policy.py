"""``cloche-admin policy``: what one tenant's sources may do beyond the project's list, or short of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

import typer

from admin.installation import announce, opened
from admin.operator import operator
from admin.output import AsJson, remark, say, show_json, show_table
from admin.recheck import recheck_
from admin.tenants import Handle
from policies.version import POLICY_VERSION
from store.catalog import Catalog, Tenant
from store.catalog.allowances import By

app = typer.Typer(help="What sources may do, tenant by tenant; every change is recorded.", no_args_is_help=True)

Path = Annotated[str, typer.Argument(metavar="DOTTED.PATH", help="As in an import: numpy.linalg, scipy.special.expit.")]
Reason = Annotated[str, typer.Option(help="Why. It is kept on record.")]
Change = Callable[..., bool]

_REOPEN = (
    "In force from the next upload on. For uploads that were refused: policy recheck --refused --tenant '{tenant}'"
)
_CLOSE = (
    "In force from the next upload on. Versions that need it end when they are next bound; "
    "at once: policy recheck --tenant '{tenant}'"
)


@app.command("allow")
def allow(tenant: Handle, path: Path, *, reason: Reason = "", as_json: AsJson = False) -> None:
    """Open a path and all below it to a tenant. For one that was denied and is on the list, only undo that."""
    _decide(tenant, lambda table: table.allow, path, reason=reason, as_json=as_json, then=_REOPEN)


@app.command("deny")
def deny(tenant: Handle, path: Path, *, reason: Reason = "", as_json: AsJson = False) -> None:
    """Close a path and all below it to a tenant, whatever the project's list says."""
    _decide(tenant, lambda table: table.deny, path, reason=reason, as_json=as_json, then=_CLOSE)


@app.command("reset")
def reset(tenant: Handle, path: Path, *, reason: Reason = "", as_json: AsJson = False) -> None:
    """Take back what was allowed or denied: the project's list decides about the path again."""
    _decide(tenant, lambda table: table.reset, path, reason=reason, as_json=as_json, then=_CLOSE)


@app.command("exempt")
def exempt(
    tenant: Handle,
    *,
    reason: Annotated[str, typer.Option(help="Why this tenant's code is trusted. It is kept on record.")],
    as_json: AsJson = False,
) -> None:
    """Trust a tenant's code: only the rules about file and structure hold. The container still does."""
    _decide(tenant, lambda table: table.exempt, reason=reason, as_json=as_json, then=_REOPEN)


@app.command("unexempt")
def unexempt(tenant: Handle, *, reason: Reason = "", as_json: AsJson = False) -> None:
    """Hold a tenant to the whole policy again."""
    _decide(tenant, lambda table: table.unexempt, reason=reason, as_json=as_json, then=_CLOSE)


@app.command("show")
def show(tenant: Handle, *, as_json: AsJson = False) -> None:
    """Show what is decided for a tenant."""
    with opened() as catalog:
        plain = _plain(catalog, catalog.tenants.get(tenant))
    _show(plain, as_json=as_json)


@app.command("log")
def log(
    tenant: Annotated[str | None, typer.Argument(metavar="[TENANT]", help="Only this one's, by name or id.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show who decided what, when and why, oldest first."""
    with opened() as catalog:
        changes = catalog.allowances.log(None if tenant is None else catalog.tenants.get(tenant).id)
    if as_json:
        show_json([asdict(change) for change in changes])
        return
    columns = ("AT", "WHO", "TENANT", "ACTION", "PATH", "REASON")
    show_table(columns, ((c.at, c.who, c.tenant_name, c.action, c.path, c.reason) for c in changes))


def _decide(tenant: str, change: Callable[[Any], Change], *path: str, reason: str, as_json: bool, then: str) -> None:
    with opened() as catalog:
        found = catalog.tenants.get(tenant)
        changed = change(catalog.allowances)(found.id, *path, by=By(operator(), reason))
        plain = _plain(catalog, found)
    if changed:
        announce(found.id)
        remark(then.format(tenant=found.name))
    else:
        remark("Nothing to change: this is how it is already.")
    _show(plain | {"changed": changed}, as_json=as_json)


def _plain(catalog: Catalog, tenant: Tenant) -> dict[str, Any]:
    decided = catalog.allowances.get(tenant.id)
    trust = next((each for each in catalog.allowances.exemptions() if each.tenant_id == tenant.id), None)
    return {
        "tenant": tenant.name,
        "tenant_id": tenant.id,
        "policy_version": POLICY_VERSION,
        "allowed": sorted(decided.added),
        "denied": sorted(decided.removed),
        "exempt": None if trust is None else {"reason": trust.reason, "who": trust.who, "at": trust.at},
    }


def _show(plain: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        show_json(plain)
        return
    say(f"Policy {plain['policy_version']} for {plain['tenant']}, changed by an operator in this:")
    trust = plain["exempt"]
    rows = [("allowed", path) for path in plain["allowed"]] + [("denied", path) for path in plain["denied"]]
    if trust is not None:
        rows.append(("exempt", f"by {trust['who']}: {trust['reason']}"))
    show_table(("DECISION", "ABOUT"), rows or [("none", None)])


app.command("recheck")(recheck_)
