"""The ledger on both databases."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import create_engine, text

from store.catalog import Catalog, Usage
from store.catalog.database import parse_url
from store.catalog.usage import PAGES_KEPT
from store.ledger import COUNTED, LedgerPage, Line

FRIDAY, SATURDAY = date(2026, 11, 20), date(2026, 11, 21)
EVERYTHING = dict.fromkeys(COUNTED.values(), 1)


def page(page_id: str, *lines: Line, **counts: int) -> LedgerPage:
    """A page with the same counts in each line."""
    return LedgerPage(page_id, dict.fromkeys(lines, counts or EVERYTHING))


def test_pages_add_up(catalog: Catalog) -> None:
    """What comes later is added to its line; what a page doesn't name counts nothing."""
    line = Line(FRIDAY, "ten_a", "My model")
    assert catalog.usage.write(page("p1", line))
    assert catalog.usage.write(page("p2", line, succeeded=4, run_us=1_500_000, output_bytes=2**40))
    assert catalog.usage.between(FRIDAY, FRIDAY) == (
        Usage(
            *(FRIDAY, "ten_a", "My model"),
            *(5, 1, 1, 1, 1),
            run_seconds=1.500001,
            gpu_seconds=0.000001,
            input_bytes=1,
            output_bytes=2**40 + 1,
        ),
    )


def test_a_page_counts_once(catalog: Catalog) -> None:
    """However often it is written, and by how many at once."""
    lines = [Line(FRIDAY, f"ten_{number}", "m") for number in range(50)]
    written: list[bool] = []
    threads = [
        threading.Thread(target=lambda: written.append(catalog.usage.write(page("p1", *lines)))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(written) == [False] * 5 + [True]
    assert not catalog.usage.write(page("p1", *lines))
    found = catalog.usage.between(FRIDAY, FRIDAY)
    assert len(found) == 50
    assert all(usage.succeeded == 1 for usage in found)


def test_an_empty_page_is_a_page(catalog: Catalog) -> None:
    """Nothing to add is no error, and known again."""
    assert catalog.usage.write(page("p1"))
    assert not catalog.usage.write(page("p1"))
    assert catalog.usage.between(date.min, date.max) == ()


def test_lines_are_found_by_day_tenant_and_model(catalog: Catalog) -> None:
    """Both days count in; tenant and model narrow it down; the order is day, tenant, model."""
    lines = [Line(day, tenant, model) for day in (SATURDAY, FRIDAY) for tenant in ("ten_b", "ten_a") for model in "nm"]
    catalog.usage.write(page("p1", *lines))
    usage = catalog.usage

    def keys(found: tuple[Usage, ...]) -> list[Line]:
        return [Line(one.day, one.tenant_id, one.model) for one in found]

    assert keys(usage.between(FRIDAY, SATURDAY)) == sorted(lines)
    assert keys(usage.between(SATURDAY, SATURDAY, tenant_id="ten_a")) == [
        Line(SATURDAY, "ten_a", "m"),
        Line(SATURDAY, "ten_a", "n"),
    ]
    assert keys(usage.between(FRIDAY, FRIDAY, tenant_id="ten_a", model="n")) == [Line(FRIDAY, "ten_a", "n")]
    assert usage.between(SATURDAY, FRIDAY) == ()


def test_old_pages_are_forgotten(catalog: Catalog, catalog_url: str) -> None:
    """The list of pages doesn't grow for ever: what nobody can still hold is dropped."""
    catalog.usage.write(page("old"))
    engine = create_engine(parse_url(catalog_url))
    with engine.begin() as connection:
        long_ago = datetime.now(UTC) - PAGES_KEPT - timedelta(days=1)
        connection.execute(text("UPDATE usage_pages SET written_at = :at"), {"at": long_ago})
    with Catalog.open(catalog_url) as later:  # looked for once an hour by each process
        later.usage.write(page("new"))
    with engine.begin() as connection:
        assert connection.execute(text("SELECT id FROM usage_pages")).scalars().all() == ["new"]
    engine.dispose()


def test_usage_outlives_its_tenant(catalog: Catalog) -> None:
    """A line may be of a tenant that the catalogue doesn't know (any more)."""
    catalog.usage.write(page("p1", Line(FRIDAY, "ten_gone", "m")))
    assert catalog.usage.between(FRIDAY, FRIDAY)[0].tenant_id == "ten_gone"


@pytest.mark.parametrize("number", [2**62, 2**53 + 1])
def test_large_numbers_stay_exact(catalog: Catalog, number: int) -> None:
    """Bytes and microseconds are whole numbers all the way."""
    catalog.usage.write(page("p1", Line(FRIDAY, "ten_a", "m"), input_bytes=number))
    assert catalog.usage.between(FRIDAY, FRIDAY)[0].input_bytes == number
