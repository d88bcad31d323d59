"""CL005."""

from __future__ import annotations

import ast
import warnings

from policies.fstrings import readable
from policies.rules.rule import Rule
from policies.source import Finding, Source
from policies.tree import children, walk
from policies.version import GRAMMAR, GRAMMAR_VERSION

NESTING = 150  # nodes inside nodes; the deepest model file seen in the wild has about 40


class Syntax(Rule):
    """A source file is Python 3.11, nested no deeper than 150 nodes.

    What: The file parses and compiles under the grammar of the sandbox's Python, whatever Python runs the
    check. Expressions and blocks may be nested 150 deep.

    Why: A file that can't be compiled can't be loaded, and it is better to hear it at once. Depth is what
    breaks parsers and compilers: 10,000 parentheses, a sum of 5,000 terms.

    Example:
        total = 1 + 1 + 1 + ...      # 5,000 terms: refused
        total = sum([1, 1, 1, ...])  # accepted
    """

    code = "CL005"
    name = "allow Python 3.11 that parses"

    def parse(self, text: str) -> tuple[ast.Module | None, Finding | None]:
        """The tree, or why there is none. Both when it parses and then doesn't compile."""
        tree: ast.Module | None = None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                parsed = ast.parse(text, feature_version=GRAMMAR)
                if _depth(parsed) > NESTING:
                    return None, self._too_deep()
                unreadable = self._unreadable(parsed, text)
                if unreadable:
                    return None, unreadable
                tree = parsed
                compile(tree, "model.py", "exec", dont_inherit=True)
        except SyntaxError as error:
            return tree, self._refused(error, text)
        except (RecursionError, MemoryError, OverflowError, SystemError):
            return None, self._too_deep()
        except ValueError as error:
            # A number of more than 4,300 digits, and what else Python finds no place for.
            return None, self.found(None, f"Python can't read this file: {error}.", "Write it another way.")
        return tree, None

    def _unreadable(self, tree: ast.Module, text: str) -> Finding | None:
        """The first f-string that only a later Python than the sandbox's reads."""
        source = Source(text)
        texts = [node for node in walk(tree) if isinstance(node, ast.JoinedStr)]
        inside = {part for node in texts for part in _parts(node)}
        for node in texts:
            if node not in inside and not readable(source.segment(node)):
                return self.found(
                    node,
                    f"Not valid Python {GRAMMAR_VERSION}: an f-string with its own quotes, a backslash or a comment.",
                    "Put what stands between the braces into a variable first.",
                )
        return None

    def _refused(self, error: SyntaxError, text: str) -> Finding:
        line = max(1, error.lineno or 1)
        lines = text.split("\n")
        before = lines[line - 1][: max(0, (error.offset or 1) - 1)] if line <= len(lines) else ""
        if error.msg.startswith("too many nested parentheses"):
            return self._too_deep(line=line, byte_column=len(before.encode()))
        return self.found_at(
            line,
            len(before.encode()),
            f"Not valid Python {GRAMMAR_VERSION}: {error.msg}.",
            f"The file must run under Python {GRAMMAR_VERSION}.",
        )

    def _too_deep(self, *, line: int = 1, byte_column: int = 0) -> Finding:
        return self.found_at(
            line,
            byte_column,
            f"The file is nested deeper than {NESTING} levels.",
            "Use a loop, a list or sum() instead of one long expression.",
        )


def _depth(tree: ast.AST) -> int:
    """How many nodes stand inside each other, at most."""
    depth = 0
    level: list[ast.AST] = [tree]
    while level:
        depth += 1
        level = [child for node in level for child in children(node)]
    return depth


def _parts(node: ast.JoinedStr) -> list[ast.AST]:
    """Every f-string inside this one: fields, and the texts of their specifications."""
    found: list[ast.AST] = []
    work: list[ast.AST] = list(node.values)
    while work:
        part = work.pop()
        if isinstance(part, ast.JoinedStr):
            found.append(part)  # it walks its own inside
        else:
            work.extend(children(part))
    return found
