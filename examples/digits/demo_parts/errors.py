"""How the demo ends early: with one sentence."""

from __future__ import annotations


class DemoStopped(Exception):
    """The demo can't go on. The text says why, and what to do."""
