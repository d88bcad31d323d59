"""What the command line says: answers on stdout, remarks on stderr, nothing that drives a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from policies.render import printable

PIPE_COLUMNS = 500  # into a pipe nothing is folded: one row, one line

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def show_json(value: Any) -> None:
    """One JSON document, indented, keys in the order they are given."""
    print(json.dumps(value, indent=2, default=_plain))


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table for people; times to the second, in UTC, and a dash for nothing."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row))
    width = None if sys.stdout.isatty() else PIPE_COLUMNS
    Console(width=width, markup=False, highlight=False, emoji=False).print(table)


def say(sentence: str) -> None:
    """An answer of one line."""
    print(printable(sentence))


def remark(sentence: str) -> None:
    """Something about the answer that is no part of it."""
    print(printable(sentence), file=sys.stderr)


def warn(sentence: str) -> None:
    """Something that the user should know although the command succeeds."""
    remark(f"cloche-admin: warning: {sentence}")


def complain(sentence: str) -> None:
    """Why the command failed."""
    remark(f"cloche-admin: {' '.join(sentence.split())}")


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not JSON")


def _cell(value: object) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return printable(str(value))
