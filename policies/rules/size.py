"""CL001."""

from __future__ import annotations

from policies.limits import KIB
from policies.rules.rule import Findings, Rule

SOURCE_BYTES = 256 * KIB  # the largest model file seen in the wild is about half of it


class Size(Rule):
    """A source file has at most 256 KiB.

    What: The file is measured before anything else is done with it.

    Why: Reading source costs far more memory and time than the source has bytes. Data that makes a file big
    belongs into the weights, where it is mapped instead of parsed.

    Example:
        TABLE = [0.1, 0.2, ...]                                   # a megabyte of numbers: refused
        self.register_buffer("table", torch.zeros(40_000))        # in the weights: accepted
    """

    code = "CL001"
    name = "allow files up to 256 KiB"

    def of_bytes(self, data: bytes) -> Findings:
        if len(data) > SOURCE_BYTES:
            yield self.found(
                None,
                f"The file has {len(data):,} bytes, more than the {SOURCE_BYTES:,} allowed.",
                "Move data into the weights: self.register_buffer(name, tensor).",
            )
