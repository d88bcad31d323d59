"""A verdict as plain text, the way a good linter prints it."""

from __future__ import annotations

from policies.verdict import Verdict, Violation

_SHOWN_COLUMNS = 120  # a longer source line is cut around the caret


def render(verdict: Verdict, *, path: str = "model.py") -> str:
    """Every violation with its line, a caret and what to do; one closing line that counts them."""
    if verdict.accepted:
        return f"{path}: accepted (class {verdict.class_name})\n"
    blocks = [render_violation(violation, path=path) for violation in verdict.violations]
    count = len(verdict.violations)
    blocks.append(f"{path}: refused, {count} violation{'' if count == 1 else 's'}\n")
    return "\n".join(blocks)


def render_violation(violation: Violation, *, path: str = "model.py") -> str:
    """``path:line:column: CODE message``, the line with a caret, the hint."""
    lines = [f"{path}:{violation.line}:{violation.column}: {violation.code} {violation.message}"]
    if violation.source_line.strip():
        lines += _pointed(violation)
    if violation.hint:
        lines.append(f"    hint: {violation.hint}")
    return "\n".join(lines) + "\n"


def _pointed(violation: Violation) -> list[str]:
    """The source line and a caret under the column, cut to what fits a terminal."""
    text, caret = printable(violation.source_line), violation.column - 1
    start = max(0, caret - _SHOWN_COLUMNS // 2) if len(text) > _SHOWN_COLUMNS else 0
    shown = text[start : start + _SHOWN_COLUMNS]
    # Tabs are kept under tabs, so that the caret stands right in any terminal.
    padding = "".join("\t" if each == "\t" else " " for each in shown[: caret - start])
    return [f"    {shown}", f"    {padding}^"]


def printable(text: str) -> str:
    """The text with what could drive a terminal or turn its direction replaced, one character for one."""
    return "".join(each if each == "\t" or each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)
