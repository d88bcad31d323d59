r"""Whether an f-string can be read by Python 3.11, whatever Python runs the check.

From Python 3.12 on an f-string may hold its own quotes, backslashes and comments between the braces, and the
parser's feature_version says nothing about it. In 3.11 an f-string is a string first: its text ends at the
first quote, and what stands between braces holds no backslash and no ``#``.
"""

from __future__ import annotations

import re

_STRING = re.compile(
    r"""(?P<prefix>(?:[fF][rR]?|[rR][fF]|[rR][bB]?|[bB][rR]?|[uU])?)
    (?P<body>'''(?:[^\\]|\\.)*?''' | \"\"\"(?:[^\\]|\\.)*?\"\"\" | '(?:[^'\\\n]|\\.)*' | "(?:[^"\\\n]|\\.)*")""",
    re.VERBOSE | re.DOTALL,
)
_BETWEEN = re.compile(r"(?:[\s\\]|\#[^\n]*)*")
_BRACKETS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}
_SPECIFICATIONS = 2  # fields in the specification of a field, and no deeper


def readable(segment: str) -> bool:
    """Whether the source text of one string expression, adjacent literals included, is a 3.11 string."""
    at = _skip(segment, 0)
    while at < len(segment):
        found = _STRING.match(segment, at)
        if not found:
            return False
        if "f" in found["prefix"].lower() and not _fields_readable(_inside(found["body"])):
            return False
        at = _skip(segment, found.end())
    return True


def _skip(segment: str, at: int) -> int:
    found = _BETWEEN.match(segment, at)
    return found.end() if found else at


def _inside(body: str) -> str:
    width = 3 if body[:3] in ("'''", '"""') else 1
    return body[width:-width]


def _fields_readable(text: str, depth: int = 0) -> bool:
    """Whether every field of the text is a 3.11 one; ``depth`` counts fields inside specifications."""
    at = 0
    while at < len(text):
        if text.startswith(("{{", "}}"), at) and depth == 0:
            at += 2
        elif text[at] == "{":
            expression, specification, at = _field(text, at + 1)
            if at > len(text):
                return False  # the field is not closed: what looks like its end belongs to another string
            if depth >= _SPECIFICATIONS or "\\" in expression or _has_comment(expression):
                return False
            if not _fields_readable(specification, depth + 1):
                return False
        else:
            at += 1
    return True


def _field(text: str, at: int) -> tuple[str, str, int]:
    """The expression, the specification, and where the text goes on after the closing brace."""
    start, end = at, _end_of(text, at, stop_at_colon=True)
    if end < len(text) and text[end] == ":":
        close = _end_of(text, end + 1, stop_at_colon=False)
        return text[start:end], text[end + 1 : close], close + 1
    return text[start:end], "", end + 1


def _end_of(text: str, at: int, *, stop_at_colon: bool) -> int:
    """Where the closing brace stands, or the colon before the specification; strings are skipped."""
    depth = 0
    while at < len(text):
        character = text[at]
        if stop_at_colon and character in "'\"":
            found = _STRING.match(text, at)
            at = found.end() if found else at + 1
            continue
        if depth == 0 and (character == "}" or (stop_at_colon and character == ":")):
            return at
        depth += _BRACKETS.get(character, 0)
        at += 1
    return at


def _has_comment(expression: str) -> bool:
    return "#" in _STRING.sub("", expression)
