"""The policy as it is in force: whom it leaves alone, and what was judged by another one."""

from __future__ import annotations

from admin.checks.finding import Finding, ok, warn
from policies.version import POLICY_VERSION
from store.catalog import Catalog
from store.errors import StoreError
from store.recheck import outdated
from store.settings import StoreSettings


def check_policy(settings: StoreSettings) -> tuple[Finding, ...]:
    """Trusted tenants and out-of-date verdicts; nothing where the catalogue is away, which has its own check."""
    try:
        with Catalog.open(settings.database_url) as catalog:
            return (_exemptions(catalog), _verdicts(catalog))
    except StoreError:
        return ()


def _exemptions(catalog: Catalog) -> Finding:
    trusted = catalog.allowances.exemptions()
    if not trusted:
        return ok("exemptions", "every tenant is held to the whole policy")
    found = "; ".join(f"{each.tenant_name} (by {each.who}, {each.at:%Y-%m-%d}: {each.reason})" for each in trusted)
    advice = "Only the container holds their code: end it with `cloche-admin policy unexempt TENANT` when you can."
    return warn("exemptions", f"Exempt from the policy: {found}", advice)


def _verdicts(catalog: Catalog) -> Finding:
    count = outdated(catalog)
    if not count:
        return ok("verdicts", f"all served versions are judged by policy {POLICY_VERSION}")
    found = f"{count} of the served versions were judged by another policy, or under other allowances"
    advice = "Run `cloche-admin policy recheck`; until then workers check them before they are bound."
    return warn("verdicts", found, advice)
