"""Results as Markdown, printed and put between two markers of a page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

PAGE = Path(__file__).parent / "README.md"


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, the others are numbers."""
    rule = ["---", *["---:"] * (len(columns) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in (columns, rule, *rows))


def write(name: str, text: str) -> None:
    """Put the text between the markers of that name. A page without them is an error."""
    start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    page = PAGE.read_text()
    before, rest = page.split(start)
    _, after = rest.split(end)
    PAGE.write_text(f"{before}{start}{text}\n{end}{after}")
