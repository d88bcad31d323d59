"""Checking a batch's lines as they arrive."""

from __future__ import annotations

import random
from typing import SupportsIndex

import pytest

from api.batch_lines import STEP_BYTES, LineCheck
from tests.api.pumping import lines

MOST = 64 * STEP_BYTES


class Watched(bytearray):
    """Counts the bytes that are looked through for a line end."""

    looked_at = 0

    def rfind(self, *arguments: object) -> int:
        """As a bytearray's."""
        (what, start) = arguments if len(arguments) == 2 else (*arguments, 0)
        assert isinstance(what, bytes) and isinstance(start, SupportsIndex)
        self.looked_at += len(self) - int(start)
        return super().rfind(what, start)


@pytest.mark.parametrize("seed", range(5))
def test_lines_may_arrive_in_any_pieces(seed: int) -> None:
    """However the body is cut, the same lines are counted and the digest is the same."""
    content = lines(1, "a" * 3_000_000, *range(1000), "b" * 1_500_000, [2]) + b'{"input": "no line end"}'
    chance, at = random.Random(seed), 0
    check, whole = (LineCheck(input_bytes=MOST, queued_bytes=MOST) for _ in range(2))
    while at < len(content):
        size = chance.choice((1, 70, 65_536, 1_400_000))
        if check.hold(content[at : at + size]):
            check.work()
        at += size
    check.finish()
    whole.hold(content)
    whole.finish()
    assert (check.count, check.digest) == (1005, whole.digest)
    assert whole.count == 1005


def test_a_long_line_is_looked_through_once() -> None:
    """A line of many megabytes costs what its bytes cost, not their square."""
    check = LineCheck(input_bytes=MOST, queued_bytes=MOST)
    held = check._held = Watched()
    for _ in range(300):
        if check.hold(b"x" * 65_536):
            check.work()
    assert held.looked_at <= 2 * len(held)
