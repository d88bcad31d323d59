"""``cloche-admin usage``."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from store.catalog import Catalog
from store.ledger import COUNTED, LedgerPage, Line
from tests.admin.conftest import Admin

DAYS = (date(2026, 3, 1), date(2026, 3, 2))


@pytest.fixture
def ids(catalog: Catalog) -> list[str]:
    """Two tenants with the same usage on two days of two models, and one that is gone."""
    ids = [catalog.tenants.create(name).id for name in ("acme", "other")] + ["ten_gone"]
    counts = dict.fromkeys(COUNTED.values(), 1_500_000)
    lines = {Line(day, tenant, model): counts for day in DAYS for tenant in ids for model in ("m", "n")}
    catalog.usage.write(LedgerPage("p", lines))
    return ids


def test_usage_of_all_and_of_one(admin: Admin, ids: list[str]) -> None:
    """By day, tenant and model, with a total; a range, a tenant and a model narrow it down."""
    everything = admin("usage", "--from", "2026-03-01", "--to", "2026-03-31", "--json").json
    assert len(everything["usage"]) == 12
    assert everything["total"]["run_seconds"] == 18.0
    assert {one["tenant_id"] for one in everything["usage"]} == set(ids)
    command = ["usage", "acme", "--from", "2026-03-02", "--to", "2026-03-02", "--model", "n", "--json"]
    [one] = admin(*command).json["usage"]
    assert (one["day"], one["tenant_id"], one["model"]) == ("2026-03-02", ids[0], "n")
    assert (one["succeeded"], one["gpu_seconds"], one["output_bytes"]) == (1_500_000, 1.5, 1_500_000)


def test_usage_for_people(admin: Admin, ids: list[str]) -> None:
    """One row a line, names where the tenant is known, and what all rows come to."""
    rows = admin("usage", "--from", "2026-03-01", "--to", "2026-03-02", "--model", "m").out.splitlines()
    assert rows[1].split()[:4] == ["2026-03-01", "acme", "m", "1,500,000"]
    assert any("ten_gone" in row for row in rows)
    assert rows[-1].split()[0] == "TOTAL"
    assert "9.000" in rows[-1].split()


def test_without_a_range_it_is_this_month(admin: Admin, catalog: Catalog) -> None:
    """From the first of the month in UTC to today; nothing used is no error."""
    today = datetime.now(UTC).date()
    counts = dict.fromkeys(COUNTED.values(), 1)
    catalog.usage.write(LedgerPage("p", {Line(today, "ten_a", "m"): counts, Line(DAYS[0], "ten_a", "m"): counts}))
    found = admin("usage", "--json").json
    assert (found["from"], found["to"]) == (str(today.replace(day=1)), str(today))
    assert [one["day"] for one in found["usage"]] == [str(today)]
    assert admin("usage", "--from", "2020-01-01", "--to", "2020-01-02").status == 0


@pytest.mark.parametrize("wrong", [["nobody"], ["--from", "yesterday"], ["--to", "2026-02-30"]])
def test_what_is_wrong_is_a_sentence(admin: Admin, wrong: list[str]) -> None:
    """Exit status 2 and something on stderr."""
    ended = admin("usage", *wrong)
    assert (ended.status, ended.out) == (2, "")
    assert ended.err
