"""Lists that are written out are looked into, and only as long as nobody can have changed them."""

from __future__ import annotations

import pytest

from policies.check import check

SOURCE = """from torch import nn

{top}


def change(given):
    given.append(1)


class Net(nn.Module):
    def predict_single(self, x):
        {use}
        return 1
"""


def refused(top: str, use: str) -> bool:
    """Whether a name for getattr is not taken for one that can be read."""
    return "CL401" in {each.code for each in check(SOURCE.format(top=top, use=use).encode()).violations}


@pytest.mark.parametrize(
    ("top", "use"),
    [
        ("NAMES = ('fc', 'act')", "[getattr(self, name) for name in NAMES]"),
        ("NAMES = ['fc', 'act']", "[getattr(self, name) for i, name in enumerate(NAMES)]"),
        ("NAMES = ['fc', 'act']", "getattr(self, NAMES[x])"),
        ("PAIRS = [('fc', 1), ('act', 2)]", "[getattr(self, name) for name, width in PAIRS]"),
        ("SETTINGS = {'width': 1}", "[setattr(self, name, value) for name, value in SETTINGS.items()]"),
        ("NAMES, SIZES = 1, 2", "[getattr(x, name) for name, size in zip(['fc', 'act'], x)]"),
    ],
)
def test_a_list_that_is_only_read_stands_for_its_items(top, use):
    """Names in a constant list, in pairs, and the keys of a constant dict are read like literals."""
    assert not refused(top, use)


@pytest.mark.parametrize(
    ("top", "use"),
    [
        ("NAMES = ['fc']", "change(NAMES), [getattr(x, name) for name in NAMES]"),
        ("NAMES = ['fc']\nOTHER = NAMES", "[getattr(x, name) for name in NAMES]"),
        ("NAMES = ['fc']\nNAMES += input", "[getattr(x, name) for name in NAMES]"),
        ("NAMES = ['fc']", "self == NAMES, [getattr(x, name) for name in NAMES]"),
        ("NAMES = [['fc']]", "[getattr(x, name) for (name,) in NAMES]"),
        ("SETTINGS = {'width': 1}", "SETTINGS.update(x), [getattr(x, name) for name in SETTINGS]"),
        ("SETTINGS = {'width': 'x'.lower()[:1]}", "getattr(x, SETTINGS['width'])"),
        ("SETTINGS = {'width': 1, **dict(a=1)}", "[getattr(x, name) for name in SETTINGS]"),
        ("NAMES = ['fc']", "[getattr(x, name) for name in ['fc', *x]]"),
        ("NAMES = ['fc']", "[getattr(x, name) for name in NAMES + x]"),
        ("NAMES = ['fc']", "[getattr(x, name) for other, name in zip(NAMES, x)]"),
    ],
)
def test_a_list_that_may_have_changed_stands_for_nothing(top, use):
    """Handed on, added to, compared by an object's own method, or changed inside: its items are unknown."""
    assert refused(top, use)
