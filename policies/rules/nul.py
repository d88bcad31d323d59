"""CL003."""

from __future__ import annotations

from policies.rules.rule import Findings, Rule

# Characters that reorder what is shown, so that a reader sees another program than the parser does.
_REORDERING = {
    *range(0x202A, 0x202F),  # embeddings and overrides
    *range(0x2066, 0x206A),  # isolates
}


class Nul(Rule):
    r"""A source file holds no NUL bytes and no characters that reorder text.

    What: NUL anywhere, and the Unicode controls that turn the direction of text (U+202A to U+202E, U+2066 to
    U+2069), end the check.

    Why: A NUL ends the file for some readers and not for others. Direction controls make a reviewer see code
    where there is a comment, and the other way round.

    Example:
        access = "user\u202e"       # written as an escape: accepted
        the same character itself   # refused
    """

    code = "CL003"
    name = "allow text without hidden control characters"

    def of_bytes(self, data: bytes) -> Findings:
        at = data.find(b"\0")
        if at >= 0:
            line = data.count(b"\n", 0, at) + 1
            yield self.found_at(line, 0, f"Byte {at} is NUL.", "Save the file as plain UTF-8 text.")

    def of_text(self, text: str) -> Findings:
        for number, line in enumerate(text.split("\n"), start=1):
            for column, character in enumerate(line):
                if ord(character) in _REORDERING:
                    yield self.found_at(
                        number,
                        len(line[:column].encode()),
                        f"The character U+{ord(character):04X} changes the direction of the text shown.",
                        f'Remove it, or write it as an escape: "\\u{ord(character):04x}".',
                    )
