"""What doctor knows of runc's versions."""

from __future__ import annotations

import pytest

from admin.checks.escapes import ESCAPES, parse

ALL = tuple(escape.name for escape in ESCAPES)
OF_2025 = ALL[1:]


@pytest.mark.parametrize(
    ("text", "escapes", "uncertain"),
    [
        ("1.0.0", ALL, False),
        ("1.1.5+ds1", ALL, True),
        ("1.1.11", ALL, False),
        ("1.1.12", OF_2025, False),
        ("1.1.12-0ubuntu2~22.04.1", OF_2025, True),
        ("1.2.7", OF_2025, False),
        ("1.2.8", (), False),
        ("v1.3.2", OF_2025, False),
        ("1.3.3", (), False),
        ("1.4.0-rc.2", OF_2025, True),
        ("1.4.0", (), False),
        ("2.0.0", (), False),
    ],
)
def test_a_version_is_open_to_what_came_after_it(text: str, escapes: tuple[str, ...], uncertain: bool) -> None:
    """Each release line is compared with its own fix; builds that may carry a fix unseen are marked."""
    version = parse(text)
    assert version is not None
    assert version.open_escapes() == escapes
    assert version.uncertain is uncertain


@pytest.mark.parametrize("text", ["", "unknown", "1.1", "commit v1.1.12"])
def test_what_is_no_version_is_none(text: str) -> None:
    """An engine that doesn't tell gets no guess."""
    assert parse(text) is None
