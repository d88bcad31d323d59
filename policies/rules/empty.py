"""CL004."""

from __future__ import annotations

from policies.rules.rule import Findings, Rule


class Empty(Rule):
    """A source file has something in it.

    What: A file of nothing, or of blanks only, is refused.

    Why: An empty file is a mistake in the upload, and the message should say so instead of asking for a class.

    Example:
        (nothing)        # refused
    """

    code = "CL004"
    name = "allow files with content"

    def of_bytes(self, data: bytes) -> Findings:
        if not data.removeprefix(b"\xef\xbb\xbf").strip():
            yield self.found(None, "The file is empty.", "Upload the model.py that defines the model's class.")
