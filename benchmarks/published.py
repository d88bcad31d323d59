"""How many model classes of published packages the policy accepts: ``python -m benchmarks.published FOLDER``.

FOLDER holds unpacked packages (wheels are zip files). Every class that derives from torch.nn.Module alone and needs
no other class of its module is made a file of its own, as its author would have to: its imports, the functions and
constants it uses, defaults for the arguments of its constructor, and a ``predict_single`` that calls ``forward``.
Nothing of it runs. What is refused is printed with its reasons, the most frequent first.
"""

from __future__ import annotations

import argparse
import ast
import builtins
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from policies.allowlist.entries import allowlist
from policies.check import check

_BASES = ("nn.Module", "torch.nn.Module", "Module")
_LINES = range(8, 261)  # shorter ones are stubs; longer ones say nothing new
_PREDICT = "def predict_single(self, x):\n    return self.forward(x)"
Statement = ast.FunctionDef | ast.Assign


class Module:
    """The top level of one published file."""

    def __init__(self, tree: ast.Module) -> None:
        self.imports: dict[str, ast.stmt] = {}
        self.helpers: dict[str, Statement] = {}
        self.classes = [each for each in tree.body if isinstance(each, ast.ClassDef)]
        for statement in tree.body:
            if isinstance(statement, ast.Import):
                for alias in statement.names:
                    self.imports[alias.asname or alias.name.partition(".")[0]] = ast.Import([alias])
            elif isinstance(statement, ast.ImportFrom) and statement.level == 0:
                for alias in statement.names:
                    found = ast.ImportFrom(statement.module, [alias], 0)
                    self.imports[alias.asname or alias.name] = found
            elif isinstance(statement, ast.FunctionDef):
                self.helpers[statement.name] = statement
            elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                self.helpers[statement.targets[0].id] = statement

    def files(self) -> Iterator[tuple[str, str]]:
        """The name and the source of every class that can stand alone."""
        for each in self.classes:
            plain = len(each.bases) == 1 and ast.unparse(each.bases[0]) in _BASES and not each.decorator_list
            length = (each.end_lineno or each.lineno) - each.lineno
            if plain and length in _LINES and (needed := self._needed(each)) is not None:
                yield each.name, self._written(each, needed)

    def _needed(self, model: ast.ClassDef) -> list[str] | None:
        """The helpers the class uses, and those that they use; None where something else is missing."""
        wanted, needed = [model.name], []
        names: set[str] = set()
        while wanted:
            node: ast.AST = model if wanted[-1] == model.name else self.helpers[wanted[-1]]
            used = _names(node) - names
            names |= used
            wanted.pop()
            found = [name for name in used if name in self.helpers]
            wanted += found
            needed += found
        parts: list[ast.AST] = [model, *(self.helpers[name] for name in needed)]
        bound = {name for part in parts for name in _bound(part)} | {model.name}
        free = {name for name in names - bound if not hasattr(builtins, name)}
        return needed if all(self._is_listed(name) for name in free - self.helpers.keys()) else None

    def _is_listed(self, name: str) -> bool:
        """Whether the name is imported from a package whose root is known to the policy at all."""
        statement = self.imports.get(name)
        if isinstance(statement, ast.Import):
            return allowlist().kind(statement.names[0].name.partition(".")[0]) is not None
        root = (statement.module or "").partition(".")[0] if isinstance(statement, ast.ImportFrom) else ""
        return bool(root) and allowlist().kind(root) is not None

    def _written(self, model: ast.ClassDef, needed: list[str]) -> str:
        parts: list[ast.stmt] = [self.helpers[name] for name in self.helpers if name in needed]
        names = set().union(_names(model), *(_names(part) for part in parts))
        imports = [statement for name, statement in self.imports.items() if name in names]
        _complete(model)
        return ast.unparse(ast.fix_missing_locations(ast.Module([*imports, *parts, model], []))) + "\n"


def _names(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _bound(node: ast.AST) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load):
            yield each.id
        elif isinstance(each, ast.arg):
            yield each.arg
        elif isinstance(each, ast.FunctionDef | ast.ExceptHandler) and each.name:
            yield each.name


def _complete(model: ast.ClassDef) -> None:
    """Give the class what its author would: a constructor without required arguments, and predict_single."""
    methods = {each.name: each for each in model.body if isinstance(each, ast.FunctionDef)}
    if "__init__" in methods:
        arguments = methods["__init__"].args
        required = len(arguments.posonlyargs) + len(arguments.args) - 1 - len(arguments.defaults)
        arguments.defaults = [*([ast.Constant(1)] * max(0, required)), *arguments.defaults]
        arguments.kw_defaults = [default or ast.Constant(1) for default in arguments.kw_defaults]
    if "predict_single" not in methods:
        model.body.append(ast.parse(_PREDICT).body[0])


def _sources(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*.py")):
        try:
            module = Module(ast.parse(path.read_text()))
        except (SyntaxError, ValueError, RecursionError):
            continue  # a template, or another Python's
        yield from module.files()


def main() -> None:
    """Check every class and print the counts and the reasons."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path, help="unpacked packages")
    parser.add_argument("--write", type=Path, help="where to put the files that are refused")
    given = parser.parse_args()
    seen: set[str] = set()
    accepted, reasons = 0, Counter[str]()
    for name, source in _sources(given.folder):
        if source in seen:
            continue
        seen.add(source)
        verdict = check(source.encode())
        accepted += verdict.accepted
        reasons.update({f"{each.code} {each.message}" for each in verdict.violations})
        if given.write and not verdict.accepted:
            given.write.mkdir(parents=True, exist_ok=True)
            (given.write / f"{name}_{len(seen)}.py").write_text(source)
    if not seen:
        sys.exit(f"There is no model class under {given.folder}; unpack some packages there.")
    print(f"{len(seen)} classes, {accepted} accepted ({100 * accepted / len(seen):.1f} %)")
    for reason, count in reasons.most_common():
        print(f"{count:5} {reason}")


if __name__ == "__main__":
    main()
