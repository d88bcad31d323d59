"""CL009."""

from __future__ import annotations

from policies.rules.rule import Rule
from policies.source import Finding


class Finished(Rule):
    """A check ends, within its limits.

    What: The source is checked in a process of its own with limits on time, memory and stack. A check that
    does not end there is a refusal.

    Why: Parsers have bugs. A file that crashes or stalls one is nobody's ordinary model.

    Example:
        a file made to make the parser use a gigabyte      # refused
    """

    code = "CL009"
    name = "allow files that can be checked"

    def timed_out(self, timeout_seconds: float) -> Finding:
        """The finding when the check took too long."""
        return self.found(None, f"The check did not end within {timeout_seconds:g} seconds.", self._hint())

    def died(self) -> Finding:
        """The finding when the checking process died."""
        return self.found(None, "The check could not be finished within its memory and time.", self._hint())

    def _hint(self) -> str:
        return "Make the file smaller and simpler: shorter expressions, less nesting, data in the weights."
