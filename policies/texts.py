"""What text an expression may give: exactly, or at least how it begins."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from policies.lists import Lists
from policies.scopes import Scopes

_STEPS = 12  # expressions inside expressions that are followed
_LONGEST = 4096  # folded text longer than this is not a name
_MOST = 64  # alternatives
_PLAIN_METHODS = ("lower", "upper", "strip", "lstrip", "rstrip", "swapcase", "title")


@dataclass(frozen=True, slots=True)
class Text:
    """``known`` holds every text the expression may give. Without it, each begins with ``prefix``."""

    known: frozenset[str] | None = None
    prefix: str = ""


UNKNOWN = Text()


class Texts:
    """Folds constants, f-strings, sums, joins, ``%`` and loops over literal texts."""

    def __init__(self, scopes: Scopes) -> None:
        self._scopes = scopes
        self._lists = Lists(scopes)
        self._found: dict[tuple[ast.expr, int], Text] = {}

    def of(self, node: ast.expr, steps: int = _STEPS) -> Text:
        """What text the expression gives; UNKNOWN when that can't be said."""
        if steps == 0:
            return UNKNOWN
        # Kept, because names that stand for names several times would be followed again and again.
        key = (node, steps)
        if key not in self._found:
            self._found[key] = self._of(node, steps)
        return self._found[key]

    def _of(self, node: ast.expr, steps: int) -> Text:
        found = UNKNOWN
        match node:
            case ast.Constant():
                found = _exactly(_text(node.value))
            case ast.JoinedStr():
                found = self._joined([self._part(part, steps) for part in node.values])
            case ast.BinOp():
                found = self._binary(node, steps)
            case ast.IfExp():
                found = _either([self.of(node.body, steps - 1), self.of(node.orelse, steps - 1)])
            case ast.Call():
                found = self._call(node, steps)
            case ast.Subscript():
                found = self._reversed(node, steps)
            case ast.Name():
                found = self._name(node, steps)
        return found

    def _part(self, node: ast.expr, steps: int) -> Text:
        if isinstance(node, ast.FormattedValue):
            return self.of(node.value, steps - 1) if node.format_spec is None and node.conversion == -1 else UNKNOWN
        return self.of(node, steps - 1)

    def _joined(self, parts: list[Text]) -> Text:
        texts = {""}
        for part in parts:
            if part.known is None:
                # All that is sure is the beginning, and only if it is the same for every alternative.
                return Text(prefix=next(iter(texts)) + part.prefix) if len(texts) == 1 else UNKNOWN
            texts = {left + right for left in texts for right in part.known}
            if len(texts) > _MOST or any(len(text) > _LONGEST for text in texts):
                return UNKNOWN
        return Text(known=frozenset(texts))

    def _binary(self, node: ast.BinOp, steps: int) -> Text:
        if isinstance(node.op, ast.Add):
            return self._joined([self.of(node.left, steps - 1), self.of(node.right, steps - 1)])
        left = self.of(node.left, steps - 1)
        if isinstance(node.op, ast.Mod) and left.known is not None and len(left.known) == 1:
            return _percent(next(iter(left.known)), node.right)
        if isinstance(node.op, ast.Mult) and left.known and isinstance(node.right, ast.Constant):
            times = node.right.value
            if isinstance(times, int) and 0 <= times <= 16:
                return Text(known=frozenset(text * times for text in left.known))
        return UNKNOWN

    def _call(self, node: ast.Call, steps: int) -> Text:
        """``"x{}".format(i)``, ``"".join([...])``, ``"".replace(a, b)``, ``.lower()`` and its like."""
        base = self.of(node.func.value, steps - 1).known if isinstance(node.func, ast.Attribute) else None
        if base is None or len(base) != 1 or not isinstance(node.func, ast.Attribute):
            return UNKNOWN
        text, method, found = next(iter(base)), node.func.attr, UNKNOWN
        if method == "format":
            found = Text(prefix=text.partition("{")[0])
        elif method == "join" and len(node.args) == 1 and isinstance(node.args[0], ast.List | ast.Tuple):
            found = self._between(text, node.args[0].elts, steps)
        elif method in _PLAIN_METHODS and not node.args:
            found = _exactly(str(getattr(text, method)()))
        elif method == "replace" and len(node.args) == 2:
            found = self._replaced(text, node.args, steps)
        return found

    def _replaced(self, text: str, arguments: list[ast.expr], steps: int) -> Text:
        old, new = (self.of(each, steps - 1).known for each in arguments)
        if old and new and len(old) == len(new) == 1 and len(text) * max(map(len, new)) <= _LONGEST * _MOST:
            return _exactly(text.replace(next(iter(old)), next(iter(new))))
        return UNKNOWN

    def _between(self, separator: str, elements: list[ast.expr], steps: int) -> Text:
        parts: list[Text] = []
        for element in elements:
            parts += [_exactly(separator)] if parts else []
            parts.append(self.of(element, steps - 1))
        return self._joined(parts)

    def _reversed(self, node: ast.Subscript, steps: int) -> Text:
        """``"txet"[::-1]``; and ``NAMES[i]``, which is one of the names."""
        at = node.slice
        if not isinstance(at, ast.Slice):
            elements = self._lists.indexed(node.value)
            return _either([self.of(element, steps - 1) for element in elements]) if elements else UNKNOWN
        whole = self.of(node.value, steps - 1).known
        if whole is None or at.lower or at.upper or not at.step:
            return UNKNOWN
        return Text(known=frozenset(each[::-1] for each in whole)) if ast.unparse(at.step) == "-1" else UNKNOWN

    def _name(self, node: ast.Name, steps: int) -> Text:
        scope = self._scopes.of.get(node, self._scopes.module)
        bindings, falls_through = self._scopes.lookup(node.id, scope)
        found = [self._binding(each.kind, each.value, each.node, node.id, steps) for each in bindings]
        return _either(found) if found and (not falls_through or bindings) else UNKNOWN

    def _binding(self, kind: str, value: ast.expr | None, target: ast.AST, name: str, steps: int) -> Text:
        if kind in ("assign", "walrus") and value is not None:
            return self.of(value, steps - 1)
        if kind == "loop":
            return self._loop(target, steps)
        return UNKNOWN

    def _loop(self, target: ast.AST, steps: int) -> Text:
        over, place = self._scopes.loops.get(target, (None, ()))
        elements = self._lists.items(over, place) if over is not None else None
        return _either([self.of(element, steps - 1) for element in elements]) if elements else UNKNOWN


def _text(value: object) -> str | None:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return value if isinstance(value, str) else None


def _exactly(text: str | None) -> Text:
    return UNKNOWN if text is None or len(text) > _LONGEST else Text(known=frozenset({text}))


def _either(found: list[Text]) -> Text:
    known: set[str] = set()
    for text in found:
        if text.known is None:
            return text if len(found) == 1 else UNKNOWN
        known |= text.known
    return Text(known=frozenset(known)) if 0 < len(known) <= _MOST else UNKNOWN


def _percent(template: str, right: ast.expr) -> Text:
    """``"layer%d" % n``: how it begins; the whole text when the right side is text too."""
    if "%" not in template:
        return UNKNOWN
    values = right.elts if isinstance(right, ast.Tuple) else [right]
    texts = [value.value for value in values if isinstance(value, ast.Constant) and isinstance(value.value, str)]
    if len(texts) == len(values) and template.replace("%s", "").find("%") < 0 and template.count("%s") == len(texts):
        return _exactly(template % tuple(texts))
    return Text(prefix=template.partition("%")[0])
