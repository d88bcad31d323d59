"""Which rules these are. A stored verdict under another version is out of date and is made again."""

from __future__ import annotations

# Written by python -m policies.stamp.
POLICY_VERSION = "1.1cdede7057"

# The grammar every source is read with, whatever Python runs the check: the sandbox's.
GRAMMAR: tuple[int, int] = (3, 11)
GRAMMAR_VERSION = "3.11"
