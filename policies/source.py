"""One source file as text: lines as the parser counts them, columns as people count them."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from policies.verdict import Violation

SOURCE_LINE_CHARACTERS = 400  # of a violating line kept in a verdict

# What the parser calls a line end. str.splitlines would split at form feeds and U+2028 too.
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found, before it is tied to the text. ``byte_column`` counts UTF-8 bytes from 0."""

    code: str
    message: str
    hint: str
    line: int = 1
    byte_column: int = 0


class Source:
    """The decoded text and its lines."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines: list[str] = _LINE_END.split(text)

    def line(self, number: int) -> str:
        """Line ``number`` from 1, empty when there is none."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    def segment(self, node: ast.expr) -> str:
        """The node's source text, lines joined by newlines."""
        first, last = node.lineno, node.end_lineno or node.lineno
        lines = [line.encode("utf-8", "surrogatepass") for line in self.lines[first - 1 : last]]
        lines[-1] = lines[-1][: node.end_col_offset]
        lines[0] = lines[0][node.col_offset :]
        return b"\n".join(lines).decode("utf-8", "replace")

    def violation(self, finding: Finding) -> Violation:
        """The finding with its line, and its column in characters from 1."""
        text = self.line(finding.line)
        before = text.encode("utf-8", "surrogatepass")[: finding.byte_column]
        column = len(before.decode("utf-8", "replace")) + 1
        return Violation(
            line=finding.line,
            column=column,
            code=finding.code,
            message=finding.message,
            hint=finding.hint,
            source_line=text[:SOURCE_LINE_CHARACTERS],
        )
